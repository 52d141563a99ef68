#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace refold::server {

/// A thread of its own for each task that takes long: a stream, a job. So many at once and no more.
class Threads {
 public:
  explicit Threads(std::size_t running_max) : running_max_(running_max) {}
  /// Waits until all tasks have ended.
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// False if there are too many, or the system has no more: `task` will not run. It must not throw.
  [[nodiscard]] bool run(std::function<void()> task);

 private:
  void leave();

  const std::size_t running_max_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t running_ = 0;
};

}  // namespace refold::server
