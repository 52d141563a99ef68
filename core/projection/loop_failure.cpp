#include <algorithm>

#include "core/base/clock.h"
#include "core/projection/event_uri.h"
#include "core/projection/loop.h"

namespace refold::projection {
namespace {

template <class Duration>
Duration pause_of(Duration first, Duration most, unsigned attempt) {
  return std::min(most, first * (1 << std::min(attempt, 20U)));
}

}  // namespace

Loop::Next Loop::after_failure(Verdict verdict, log::Seq bound) {
  const Error reason = reason_;
  if (const Verdict made = renew(); made != Verdict::ok) return not_made(made);
  reason_ = reason;
  if (verdict == Verdict::storage) {
    return reason.code == Errc::corrupt ? give_up({0, {}, reason}) : stall(reason);
  }
  if (verdict == Verdict::retry && retries_ < setup_.options.retries_max) return try_again();
  return find_fault(bound);
}

Loop::Next Loop::try_again() {
  control_.is(Activity::retrying, reason_.message);
  control_.sleep(pause_of(setup_.options.retry_pause, setup_.options.retry_pause_max, retries_++));
  return Next::go_on;
}

Loop::Next Loop::stall(const Error& why) {
  control_.is(Activity::stalled, why.message);
  control_.sleep(pause_of(setup_.options.stall_pause, setup_.options.stall_pause_max, stalls_++));
  if (!control_.stopping()) return Next::go_on;
  (void)settle_once();
  control_.is(Activity::stopped, why.message);
  return Next::end;
}

Verdict Loop::renew() {
  batch_->discard();
  position_ = checkpoint_.seq;
  // Also where it is there already: what was read ahead may have been erased since.
  reader_->seek(position_ + 1);
  skipped_.clear();
  events_.clear();
  return make_instance();
}

/// Applies event by event up to `bound`, where a batch failed, to find the one at fault; commits
/// everything before that, and tries it once more, alone. `bound` sinks with each round that
/// commits nothing, so there is an end to it.
Loop::Next Loop::find_fault(log::Seq bound) {
  while (checkpoint_.seq < bound && !control_.stopping()) {
    batch_began_ = std::chrono::steady_clock::now();
    const Verdict verdict = fold(bound, Pace::one_by_one);
    if (verdict == Verdict::storage) return after_failure(verdict, bound);
    if (verdict == Verdict::ok) {
      if (const Next next = commit(Wait::yes); next == Next::end) return next;
      continue;
    }
    const log::Seq seq = events_.all().front().seq;
    const auto at = std::find_if(page_.events.begin(), page_.events.end(),
                                 [&](const log::Event& event) { return event.seq == seq; });
    const Fault fault{seq, uri_of(*at), reason_};
    if (const Verdict made = renew(); made != Verdict::ok) return not_made(made);
    if (checkpoint_.seq + 1 == seq) return give_up(fault);
    bound = seq;
    if (const Next next = commit_before(bound); next == Next::end) return next;
  }
  return Next::go_on;
}

/// Commits all events before `bound`; or, if a call fails there too, makes `bound` that.
Loop::Next Loop::commit_before(log::Seq& bound) {
  while (checkpoint_.seq + 1 < bound && !control_.stopping()) {
    batch_began_ = std::chrono::steady_clock::now();
    const Verdict verdict = fold(bound - 1, Pace::pages);
    if (verdict == Verdict::storage) return after_failure(verdict, bound);
    if (verdict != Verdict::ok) {
      --bound;
      const Verdict made = renew();
      return made == Verdict::ok ? Next::go_on : not_made(made);
    }
    if (const Next next = commit(Wait::yes); next == Next::end) return next;
  }
  return Next::go_on;
}

Loop::Next Loop::not_made(Verdict verdict) {
  if (verdict != Verdict::retry || !control_.stopping()) return give_up({0, {}, reason_});
  control_.is(Activity::stopped, reason_.message);
  return Next::end;
}

Loop::Next Loop::give_up(const Fault& fault) {
  batch_->discard();
  position_ = checkpoint_.seq;
  Failure failure;
  failure.seq = fault.seq;
  failure.uri = fault.uri;
  failure.message = fault.reason.message;
  failure.version = setup_.code->version;
  failure.at_us = now_us();
  control_.failed(std::move(failure));
  return Next::end;
}

}  // namespace refold::projection
