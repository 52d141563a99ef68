#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace refold::log {

/// A mutex that serves in the order of arrival, so that a thread that locks it again and again
/// (pruning in slices) lets another one (an append) in between. For std::unique_lock.
class FairMutex {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = tickets_++;
    served_.wait(lock, [&] { return serving_ == ticket; });
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    ++serving_;
    served_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable served_;
  std::uint64_t tickets_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace refold::log
