#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/base/result.h"

namespace refold::plugin {

/// A thread that runs what it is given, one thing after the other.
///
/// A thread_local of a plugin keeps the library mapped until the thread ends that it was touched
/// on. So code of plugins runs on threads that somebody owns, and ends before the library is
/// closed. Used by one thread at a time.
class OwnThread {
 public:
  /// Errors: `io`: the system gives no more threads.
  [[nodiscard]] static Result<std::unique_ptr<OwnThread>> start();
  /// Ends it.
  ~OwnThread();
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

  /// Runs `work` there and waits for it. It must not throw. Not after end().
  void run(const std::function<void()>& work);
  /// Returns when the thread is gone, and all that its thread_locals had.
  void end();

 private:
  OwnThread() = default;
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;  ///< null: nothing to do
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace refold::plugin
