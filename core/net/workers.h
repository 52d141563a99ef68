#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace refold::net {

/// Threads for what blocks, as many as there was work for at one time, with a bounded queue before
/// them. Any thread may call.
class Workers {
 public:
  /// `threads_max` (1 or more) threads at most.
  Workers(std::size_t threads_max, std::size_t waiting_max);
  /// Does what was accepted, then ends the threads.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False if `waiting_max` tasks wait already: then `task` was not taken and will not run.
  /// A task must not throw.
  [[nodiscard]] bool run(std::function<void()> task);

 private:
  void work();

  const std::size_t threads_max_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace refold::net
