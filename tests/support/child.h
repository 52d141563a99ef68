#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace refold::testing {

/// One end of a two-way channel between a test and its child: say() wakes the other's hear().
class Channel {
 public:
  Channel(int in, int out) : in_(in), out_(out) {}
  void say(char word = '.') const {
    if (write(out_, &word, 1) != 1) throw std::runtime_error("the other end is gone");
  }
  /// Waits. Returns 0 if the other end is gone.
  [[nodiscard]] char hear() const {
    char word = 0;
    return read(in_, &word, 1) == 1 ? word : '\0';
  }
  void close_ends() const {
    close(in_);
    close(out_);
  }

 private:
  int in_;
  int out_;
};

/// A forked process that runs `body`. Fork before the log is opened (an LMDB environment must not
/// be used across a fork) and before threads are started.
class Child {
 public:
  explicit Child(const std::function<void(const Channel&)>& body) : channel_(-1, -1) {
    int down[2];
    int up[2];
    if (pipe(down) != 0 || pipe(up) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      close(down[1]);
      close(up[0]);
      body(Channel(down[0], up[1]));
      _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    close(down[0]);
    close(up[1]);
    channel_ = Channel(up[0], down[1]);
  }
  ~Child() {
    if (pid_ > 0) {
      kill(SIGKILL);
      (void)wait();
    }
    channel_.close_ends();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] const Channel& channel() const noexcept { return channel_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void kill(int signal) const { ::kill(pid_, signal); }
  /// The wait status: 0 if the body ended without a failed expectation.
  [[nodiscard]] int wait() {
    int status = -1;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }

 private:
  pid_t pid_ = 0;
  Channel channel_;
};

/// Runs one (disabled) test of this program in a new process with these environment variables, for
/// what a fork cannot do: crash points are armed when a process first passes one. Returns the wait
/// status.
inline int run_again(const std::string& test,
                     const std::vector<std::pair<std::string, std::string>>& environment) {
  const pid_t pid = fork();
  if (pid == 0) {
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    const std::string filter = "--gtest_filter=" + test;
    execl("/proc/self/exe", "child", filter.c_str(), "--gtest_also_run_disabled_tests",
          "--gtest_brief=1", nullptr);
    _exit(127);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

inline bool was_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

}  // namespace refold::testing
