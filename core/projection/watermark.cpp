#include "core/projection/watermark.h"

#include <utility>

namespace refold::projection {

void Watermark::advance(log::Seq seq) {
  const std::lock_guard lock(mutex_);
  if (seq <= position_) return;
  position_ = seq;
  const auto beyond = waiters_.upper_bound(seq);
  for (auto waiter = waiters_.begin(); waiter != beyond; ++waiter) {
    waiter->second->reached = true;
    waiter->second->woken.notify_one();
  }
  waiters_.erase(waiters_.begin(), beyond);
}

void Watermark::halt(std::optional<Error> why) {
  const std::lock_guard lock(mutex_);
  halted_ = std::move(why);
  if (halted_) wake_all();
}

void Watermark::leave() {
  const std::lock_guard lock(mutex_);
  left_ = true;
  wake_all();
}

void Watermark::wake_all() {
  for (const auto& [seq, waiter] : waiters_) waiter->woken.notify_one();
}

Watermark::Outcome Watermark::wait(log::Seq seq, std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (position_ >= seq) return Outcome::reached;
  Waiter waiter;
  const auto place = waiters_.emplace(seq, &waiter);
  bool in_time = true;
  while (!waiter.reached && !left_ && !halted_ && in_time) {
    in_time = waiter.woken.wait_until(lock, deadline) == std::cv_status::no_timeout;
  }
  if (waiter.reached) return Outcome::reached;
  waiters_.erase(place);
  if (left_) return Outcome::left;
  return halted_ ? Outcome::halted : Outcome::late;
}

std::optional<Error> Watermark::halted() const {
  const std::lock_guard lock(mutex_);
  return halted_;
}

}  // namespace refold::projection
