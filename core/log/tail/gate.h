#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace refold::log {

/// Lets many in, until somebody needs the place empty: LMDB may close, reopen or remap an
/// environment only while no transaction of this process is open, and does not check.
///
/// enter() waits while the gate is closed; close() waits until everybody has left. Visits must be
/// short. Nobody may enter twice, or close while inside: that would wait for ever.
class TailGate {
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
