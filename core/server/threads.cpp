#include "core/server/threads.h"

#include <system_error>
#include <thread>
#include <utility>

namespace refold::server {

Threads::~Threads() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [&] { return running_ == 0; });
}

bool Threads::run(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (running_ >= running_max_) return false;
    ++running_;
  }
  try {
    std::thread([this, task = std::move(task)]() mutable {
      task();
      task = {};  // what it holds goes before this does
      leave();
    }).detach();
  } catch (const std::system_error&) {
    leave();
    return false;
  }
  return true;
}

void Threads::leave() {
  const std::lock_guard lock(mutex_);
  --running_;
  left_.notify_all();
}

}  // namespace refold::server
