#include "core/base/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <ctime>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace refold {
namespace {

constexpr std::size_t command_bytes_max = 200;
constexpr std::size_t lock_file_bytes_max = 512;
/// How long a lock is waited for whose holder is dead, and how often it is tried.
constexpr std::chrono::seconds left_behind_time{2};
constexpr std::chrono::milliseconds left_behind_pause{10};

/// Which folders this process has open: a fact of the process, like the locks that it protects.
struct Claims {
  std::mutex mutex;
  std::set<std::pair<unsigned long, unsigned long>> folders;
};
Claims& claims() {
  static Claims of_this_process;
  return of_this_process;
}

std::string read_some(int handle, std::size_t bytes_max) {
  std::string text(bytes_max, '\0');
  const ssize_t count = pread(handle, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

/// The command line as one would type it, without the folder of the program: "refold run".
std::string command_of_this_process() {
  const int handle = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (handle < 0) return "unknown";
  std::string command = read_some(handle, command_bytes_max);
  close(handle);
  while (!command.empty() && command.back() == '\0') command.pop_back();
  const std::size_t program_end = std::min(command.find('\0'), command.size());
  const std::size_t slash = command.substr(0, program_end).rfind('/');
  if (slash != std::string::npos) command.erase(0, slash + 1);
  for (char& letter : command) {
    if (letter == '\0') letter = ' ';
    if (letter < ' ' || letter == 0x7f) letter = '?';
  }
  return command;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  std::array<char, 32> text = {};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", gmtime_r(&now, &parts));
  return {text.data(), length};
}

/// "pid 4711, `refold run`, since 2026-02-03 10:42:00Z" of the lock file's three lines.
std::string describe(const std::string& content) {
  const std::size_t first = content.find('\n');
  const std::size_t second = first == std::string::npos ? first : content.find('\n', first + 1);
  const std::size_t third = second == std::string::npos ? second : content.find('\n', second + 1);
  if (third == std::string::npos) return {};
  return "pid " + content.substr(0, first) + ", `" + content.substr(first + 1, second - first - 1) +
         "`, since " + content.substr(second + 1, third - second - 1);
}

/// Whether the process that the lock file names is there no more.
bool holder_is_gone(const std::string& content) {
  pid_t pid = 0;
  const auto [end, failed] = std::from_chars(content.data(), content.data() + content.size(), pid);
  const bool named = failed == std::errc{} && end != content.data() + content.size() && pid > 0;
  return named && kill(pid, 0) != 0 && errno == ESRCH;
}

Error held_by_another(const std::filesystem::path& file, const std::string& content) {
  const std::string holder = describe(content);
  if (holder_is_gone(content)) {
    return {Errc::busy, "a process that " + holder + " started still holds " + file.native() +
                            "; stop it ('fuser' tells which one it is)"};
  }
  return {Errc::busy, "another process holds it (" +
                          (holder.empty() ? "see " + file.native() : holder) +
                          "); stop that process, or talk to it"};
}

/// False and errno: somebody has it. What a process left that was killed while it started another
/// one goes as soon as that one runs its program.
bool lock_file(int handle) {
  const auto deadline = std::chrono::steady_clock::now() + left_behind_time;
  while (flock(handle, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    const bool passes = why == EWOULDBLOCK && std::chrono::steady_clock::now() < deadline &&
                        holder_is_gone(read_some(handle, lock_file_bytes_max));
    errno = why;
    if (!passes) return false;
    std::this_thread::sleep_for(left_behind_pause);
  }
  return true;
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::filesystem::path& file) {
  const int handle = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return system_error("open the lock file " + file.native(), errno);
  WriterLock lock(handle);
  if (!lock_file(handle)) {
    if (errno != EWOULDBLOCK) return system_error("lock " + file.native(), errno);
    return held_by_another(file, read_some(handle, lock_file_bytes_max));
  }
  const std::string content =
      std::to_string(getpid()) + "\n" + command_of_this_process() + "\n" + now_text() + "\n";
  // For people only: a full disk must not keep the folder from being opened.
  if (ftruncate(handle, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(handle, content.data(), content.size(), 0);
  }
  return lock;
}

WriterLock::~WriterLock() {
  if (handle_ < 0) return;
  // A process that another thread is just starting has the file open too, until it runs its
  // program.
  flock(handle_, LOCK_UN);
  close(handle_);
}

Result<ProcessClaim> ProcessClaim::take(const std::filesystem::path& folder) {
  struct stat status = {};
  if (stat(folder.c_str(), &status) != 0) return system_error("open " + folder.native(), errno);
  const std::lock_guard guard(claims().mutex);
  if (!claims().folders.insert({status.st_dev, status.st_ino}).second) {
    return Error{Errc::busy, "this process (pid " + std::to_string(getpid()) + ") has " +
                                 folder.native() +
                                 " open already; use that handle, or close it first"};
  }
  return ProcessClaim(status.st_dev, status.st_ino);
}

ProcessClaim::~ProcessClaim() {
  if (inode_ == 0) return;
  const std::lock_guard guard(claims().mutex);
  claims().folders.erase({device_, inode_});
}

}  // namespace refold
