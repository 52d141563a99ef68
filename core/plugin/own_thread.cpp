#include "core/plugin/own_thread.h"

#include <system_error>

#include "core/base/assert.h"

namespace refold::plugin {

Result<std::unique_ptr<OwnThread>> OwnThread::start() {
  std::unique_ptr<OwnThread> own(new OwnThread);
  try {
    own->thread_ = std::thread([&self = *own] { self.serve(); });
  } catch (const std::system_error& error) {
    return system_error("start a thread", error.code().value());
  }
  return own;
}

OwnThread::~OwnThread() { end(); }

void OwnThread::run(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  REFOLD_ASSERT(!ending_, "work for a thread that has ended");
  work_ = &work;
  changed_.notify_all();
  changed_.wait(lock, [this] { return work_ == nullptr; });
}

void OwnThread::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void OwnThread::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return work_ != nullptr || ending_; });
    if (work_ == nullptr) return;
    lock.unlock();
    (*work_)();
    lock.lock();
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace refold::plugin
