#include "core/projection/control.h"

#include <algorithm>
#include <utility>

namespace refold::projection {
namespace {

/// The rate is that of at least so long; a new one counts half.
constexpr std::chrono::milliseconds rate_span{500};

}  // namespace

std::string_view name(Activity activity) noexcept {
  switch (activity) {
    case Activity::stopped: return "stopped";
    case Activity::folding: return "folding";
    case Activity::idle: return "idle";
    case Activity::retrying: return "retrying";
    case Activity::stalled: return "stalled";
    case Activity::reached: return "reached";
    case Activity::failed: return "failed";
  }
  return "unknown";
}

void Control::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = poked_ = true;
  }
  woken_.notify_all();
}

void Control::set_until(log::Seq until) {
  {
    const std::lock_guard lock(mutex_);
    until_ = until;
    poked_ = true;
  }
  woken_.notify_all();
}

void Control::started(log::Seq seq) {
  const std::lock_guard lock(mutex_);
  progress_.activity = Activity::folding;
  progress_.seq = seq;
  begun_ = true;
  rate_from_ = Clock::now();
  rate_seq_ = seq;
  applied_->advance(seq);
}

void Control::committed(log::Seq seq) {
  {
    const std::lock_guard lock(mutex_);
    progress_.activity = Activity::folding;
    progress_.why.clear();
    progress_.seq = seq;
    ++progress_.commits;
    const auto now = Clock::now();
    if (now - rate_from_ >= rate_span) {
      const double rate = static_cast<double>(seq - rate_seq_) /
                          std::chrono::duration<double>(now - rate_from_).count();
      double& known = progress_.events_per_second;
      known = known == 0 ? rate : (known + rate) / 2;
      rate_from_ = now;
      rate_seq_ = seq;
    }
  }
  applied_->advance(seq);
  woken_.notify_all();
}

void Control::caught_up() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(progress_.caught_up, true)) return;
  }
  woken_.notify_all();
  if (changed_) changed_();
}

void Control::is(Activity activity, std::string why) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    tell = activity != progress_.activity && activity != Activity::folding &&
           activity != Activity::idle;
    progress_.activity = activity;
    progress_.why = std::move(why);
    begun_ = true;
    if (activity == Activity::idle) progress_.events_per_second = 0;
  }
  if (!tell) return;
  woken_.notify_all();
  if (changed_) changed_();
}

void Control::failed(Failure failure) {
  {
    const std::lock_guard lock(mutex_);
    progress_.failure = std::move(failure);
  }
  is(Activity::failed);
}

void Control::sleep(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, duration, [this] { return stopping_.load(); });
}

bool Control::wait_proven(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return woken_.wait_until(lock, deadline, [this] {
    return progress_.commits > 0 || progress_.caught_up ||
           (begun_ && has_ended(progress_.activity));
  });
}

Progress Control::progress() const {
  const Call call = call_.call();
  const std::lock_guard lock(mutex_);
  Progress progress = progress_;
  progress.until = until_;
  progress.calling = call.function;
  progress.calling_us = std::chrono::duration_cast<std::chrono::microseconds>(call.running).count();
  return progress;
}

}  // namespace refold::projection
