#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace refold::lmdb {

/// Lets many in, until somebody needs the place empty: LMDB may close, reopen or remap an
/// environment only while no transaction of this process is open, and does not check.
///
/// enter() waits while the gate is closed; close() waits until everybody has left. Nobody may close
/// it for good, or while inside: that would wait for ever. Who enters twice may wait for as long as
/// close_within() has patience.
class EnvGate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !closed_; });
    ++inside_;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) changed_.notify_all();
  }
  void close() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !closed_; });
    closed_ = true;
    changed_.wait(lock, [this] { return inside_ == 0; });
  }
  /// False, and open again, if somebody is still inside after that time.
  [[nodiscard]] bool close_within(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [this] { return !closed_; })) return false;
    closed_ = true;
    if (changed_.wait_until(lock, deadline, [this] { return inside_ == 0; })) return true;
    closed_ = false;
    changed_.notify_all();
    return false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace refold::lmdb
