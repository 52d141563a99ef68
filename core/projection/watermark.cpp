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

void Watermark::set_current(bool current) {
  const std::lock_guard lock(mutex_);
  current_ = current;
  if (!current) wake_all();
}

void Watermark::wake_all() {
  for (const auto& [seq, waiter] : waiters_) waiter->woken.notify_one();
}

Watermark::Outcome Watermark::wait(log::Seq seq, std::chrono::steady_clock::time_point deadline,
                                   bool reader) {
  std::unique_lock lock(mutex_);
  const auto left = [&] { return reader && !current_; };
  if (left()) return Outcome::left;
  if (position_ >= seq) return Outcome::reached;
  Waiter waiter;
  const auto place = waiters_.emplace(seq, &waiter);
  bool in_time = true;
  while (!waiter.reached && !left() && !halted_ && in_time) {
    in_time = waiter.woken.wait_until(lock, deadline) == std::cv_status::no_timeout;
  }
  if (!waiter.reached) waiters_.erase(place);
  // What a generation has reached that is no longer current, the current one may not have.
  if (left()) return Outcome::left;
  if (waiter.reached) return Outcome::reached;
  return halted_ ? Outcome::halted : Outcome::late;
}

Watermark::Outcome Watermark::wait(log::Seq seq, std::chrono::steady_clock::time_point deadline) {
  return wait(seq, deadline, true);
}

bool Watermark::wait_for(log::Seq seq, std::chrono::steady_clock::time_point deadline) {
  return wait(seq, deadline, false) == Outcome::reached;
}

std::optional<Error> Watermark::halted() const {
  const std::lock_guard lock(mutex_);
  return halted_;
}

}  // namespace refold::projection
