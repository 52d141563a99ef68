#include "core/projection/thread_runner.h"

#include <system_error>
#include <utility>

namespace refold::projection {

ThreadRunner::ThreadRunner(LoopSetup setup, std::shared_ptr<Watermark> applied,
                           std::function<void()> changed, std::unique_ptr<LoopSite> site)
    : setup_(std::move(setup)),
      applied_(std::move(applied)),
      changed_(std::move(changed)),
      site_(std::move(site)),
      control_(std::make_shared<Control>(applied_, changed_)) {}

ThreadRunner::~ThreadRunner() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

Result<void> ThreadRunner::start(const Orders& orders) {
  {
    const std::lock_guard lock(mutex_);
    if (running_) {
      return Error{Errc::busy, "the loop of '" + setup_.name + "' has not ended yet"};
    }
  }
  if (thread_.joinable()) thread_.join();
  LoopSetup setup = setup_;
  setup.skip = orders.skip;
  auto control = std::make_shared<Control>(applied_, changed_);
  control->set_until(orders.until);
  if (orders.verified) control->request_verified();
  {
    const std::lock_guard lock(mutex_);
    control_ = control;
    running_ = true;
  }
  try {
    thread_ = std::thread(
        [this, control, setup = std::move(setup)]() mutable { run(control, std::move(setup)); });
  } catch (const std::system_error& error) {
    const std::lock_guard lock(mutex_);
    running_ = false;
    return Error{Errc::io, std::string("cannot start a thread: ") + error.what()};
  }
  return ok();
}

void ThreadRunner::run(const std::shared_ptr<Control>& control, LoopSetup setup) {
  site_->run(std::move(setup), *control);
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    // Under the lock: whoever waits may destroy this as soon as it is released.
    ended_.notify_all();
  }
  if (changed_) changed_();
}

void ThreadRunner::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    control_->request_stop();
  }
  site_->wake();
}

void ThreadRunner::request_verified() {
  {
    const std::lock_guard lock(mutex_);
    control_->request_verified();
  }
  site_->wake();
}

bool ThreadRunner::wait_ended(Deadline deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!ended_.wait_until(lock, deadline, [this] { return !running_; })) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

bool ThreadRunner::wait_proven(Deadline deadline) {
  std::shared_ptr<Control> control;
  {
    const std::lock_guard lock(mutex_);
    control = control_;
  }
  return control->wait_proven(deadline);
}

bool ThreadRunner::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

Progress ThreadRunner::progress() const {
  const std::lock_guard lock(mutex_);
  return control_->progress();
}

}  // namespace refold::projection
