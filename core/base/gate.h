#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace refold {

/// Lets many in, until it is closed for good: then nobody enters, and close() returns when the last
/// has left. By what enters it nothing is used after it went away.
class Gate {
 public:
  /// False if it is closed. After true, leave() once.
  [[nodiscard]] bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }
  /// May be called more than once. Never by somebody inside: that would wait for ever.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    left_.wait(lock, [this] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::uint64_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace refold
