#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace refold::cli {

using refold::testing::content_of;
using refold::testing::TempFolder;

inline const std::string binary = REFOLD_BINARY_DIR "/core/cli/refold";

/// What a program left behind.
struct Finished {
  int status = -1;  ///< exit status; 128 + signal
  std::string out;
  std::string err;
};

inline void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// A program that runs; its streams are files in `folder`.
class Running {
 public:
  Running(const TempFolder& folder, std::vector<std::string> arguments,
          std::string input = "/dev/null")
      : out_(folder / "stdout"), err_(folder / "stderr") {
    std::filesystem::remove(out_);
    pid_ = ::fork();
    if (pid_ != 0) return;
    connect(input, O_RDONLY, STDIN_FILENO);
    connect(out_, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    connect(err_, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    execute(arguments);
  }
  ~Running() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] std::string out() const { return content_of(out_); }
  void signal(int number) const { ::kill(pid_, number); }

  /// Waits until its output holds `text`; false after a minute.
  [[nodiscard]] bool prints(const std::string& text) const {
    for (int attempt = 0; attempt < 6000; ++attempt) {
      if (out().find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  /// The same of what it complains of.
  [[nodiscard]] bool complains(const std::string& text) const {
    for (int attempt = 0; attempt < 6000; ++attempt) {
      if (content_of(err_).find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Finished finish() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, content_of(out_), content_of(err_)};
  }

  [[noreturn]] static void execute(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

 private:
  static void connect(const std::filesystem::path& file, int flags, int to) {
    const int descriptor = ::open(file.c_str(), flags, 0600);
    if (descriptor < 0 || ::dup2(descriptor, to) < 0) ::_exit(126);
    ::close(descriptor);
  }

  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = -1;
};

/// Runs a program on a terminal of 100 columns and returns what it showed there.
inline std::string shown_on_terminal(std::vector<std::string> arguments) {
  int terminal = -1;
  winsize size{};
  size.ws_col = 100;
  size.ws_row = 40;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    Running::execute(arguments);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(terminal, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(terminal);
  ::waitpid(pid, nullptr, 0);
  return text;
}

}  // namespace refold::cli
