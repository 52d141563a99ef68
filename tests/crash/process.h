#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::crash {

/// A descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::runtime_error("no descriptor");
  }
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

/// A pipe; neither end is inherited unless one says so.
struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    out = Descriptor(ends[0]);
    in = Descriptor(ends[1]);
  }
  Descriptor out{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  Descriptor in{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

/// What a process left behind.
struct Ended {
  int status = -1;  ///< of waitpid()
  std::string complaint;

  [[nodiscard]] bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  [[nodiscard]] bool killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
  [[nodiscard]] std::string text() const {
    if (WIFSIGNALED(status))
      return "killed by signal " + std::to_string(WTERMSIG(status)) + "; " + complaint;
    return "exit status " + std::to_string(WEXITSTATUS(status)) + "; " + complaint;
  }
};

/// A process of ours; killed and waited for if it is still there when this goes.
class Process {
 public:
  /// Runs `body` in a copy of this process, which has one thread. What it returns is the complaint;
  /// the process ends well if that is empty.
  explicit Process(const std::function<std::string()>& body) {
    start();
    if (pid_ != 0) return;
    std::string complaint;
    try {
      complaint = body();
    } catch (const std::exception& error) {
      complaint = error.what();
    }
    if (::write(STDERR_FILENO, complaint.data(), complaint.size()) < 0) ::_exit(2);
    ::_exit(complaint.empty() ? 0 : 1);
  }

  /// Runs a program with these variables added to the environment; `inherited` stays open in it.
  Process(std::vector<std::string> words,
          const std::vector<std::pair<std::string, std::string>>& environment, int inherited = -1) {
    start();
    if (pid_ != 0) return;
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (inherited >= 0) ::fcntl(inherited, F_SETFD, 0);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  ~Process() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  Process(Process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), complaints_(std::move(other.complaints_)) {}
  Process& operator=(Process&&) = delete;

  void kill() const { ::kill(pid_, SIGKILL); }

  /// Waits for its end.
  Ended end() {
    Ended ended;
    while (::waitpid(pid_, &ended.status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    char buffer[4096];
    ssize_t count = 0;
    ::lseek(complaints_.get(), 0, SEEK_SET);
    while ((count = ::read(complaints_.get(), buffer, sizeof buffer)) > 0) {
      ended.complaint.append(buffer, static_cast<std::size_t>(count));
    }
    return ended;
  }

 private:
  void start() {
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) ::dup2(complaints_.get(), STDERR_FILENO);
  }

  pid_t pid_ = -1;
  Descriptor complaints_{
      ::open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
};

/// The program that is killed, and the library that it is made to fail with.
inline const std::string worker = REFOLD_CRASH_WORKER;
inline const std::string shim = REFOLD_POWER_SHIM;

using testing::sanitized;

/// How many kills are asked for: REFOLD_CRASH_ROUNDS, or the share that every CI run has.
inline unsigned rounds_wanted(unsigned usual) {
  const char* const setting = std::getenv("REFOLD_CRASH_ROUNDS");
  if (setting != nullptr) return static_cast<unsigned>(std::strtoul(setting, nullptr, 10));
  return sanitized ? usual / 20 : usual;
}

}  // namespace refold::crash
