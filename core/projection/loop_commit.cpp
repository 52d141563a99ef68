#include <utility>

#include "core/base/crash_point.h"
#include "core/projection/fit.h"
#include "core/projection/loop.h"

namespace refold::projection {

/// Until it succeeds, or is told to stop: what was collected stays collected meanwhile.
template <class Attempt>
Loop::Next Loop::until_done(const Attempt& attempt) {
  for (;;) {
    const Result<Next> tried = attempt();
    if (tried.has_value()) return *tried;
    if (tried.error().code == Errc::corrupt) return give_up({0, {}, tried.error()});
    if (stall(tried.error()) == Next::end) return Next::end;
  }
}

Loop::Next Loop::commit(Wait wait) {
  return until_done([&] { return commit_once(wait); });
}

Loop::Next Loop::settle() {
  return until_done([&]() -> Result<Next> {
    REFOLD_CHECK(settle_once());
    return Next::go_on;
  });
}

Result<Loop::Next> Loop::commit_once(Wait wait) {
  REFOLD_CHECK(settle_once());
  REFOLD_TRY(const log::LogStat stat, setup_.log->stat());
  if (stat.redaction_epoch != epoch_) return after_erasure(stat.redaction_epoch);
  const bool verified = control_.verified();
  REFOLD_TRY(view::Checkpoint next, next_checkpoint(verified));
  crash_point("projection.apply");
  if (wait == Wait::no) {
    REFOLD_CHECK(batch_->begin_commit(next));
    begun_ = std::move(next);
    skipped_.clear();
    return Next::go_on;
  }
  REFOLD_CHECK(batch_->commit(next));
  if (verified) control_.verified_is_committed();
  committed(std::move(next));
  skipped_.clear();
  return Next::go_on;
}

/// Announces what was begun, when it is there.
Result<void> Loop::settle_once() {
  if (!begun_) return ok();
  REFOLD_CHECK(batch_->finish());
  committed(std::move(*begun_));
  begun_.reset();
  return ok();
}

void Loop::committed(view::Checkpoint checkpoint) {
  checkpoint_ = std::move(checkpoint);
  retries_ = stalls_ = 0;
  control_.committed(checkpoint_.seq);
}

Result<view::Checkpoint> Loop::next_checkpoint(bool verified) {
  view::Checkpoint next = checkpoint_;
  if (position_ > checkpoint_.seq) {
    next.seq = position_;
    const bool at_hand = !page_.events.empty() && page_.events.back().seq == position_;
    if (at_hand) {
      next.event_checksum = event_checksum(page_.events.back());
    } else {
      REFOLD_TRY(next.event_checksum, event_checksum(*setup_.log, position_));
    }
    // Code that has written nothing has changed nothing: its first events are marked with it.
    const Code& code = *setup_.code;
    if (next.version != code.version || next.build_id != code.build_id) next.unverified = true;
    next.plugin = code.plugin;
    next.version = code.version;
    next.build_id = code.build_id;
    next.skipped.insert(next.skipped.end(), skipped_.begin(), skipped_.end());
  }
  if (verified) next.unverified = false;
  return next;
}

/// The log has erased something since the checkpoint: what was read may be half of it.
Result<Loop::Next> Loop::after_erasure(std::uint64_t epoch) {
  REFOLD_TRY(const Erasure effect,
             erasure(*setup_.log, epoch, checkpoint_, setup_.code->wants(REFOLD_HISTORY)));
  if (effect == Erasure::unfinished) {
    return Error{Errc::busy,
                 "the log is erasing payloads: a redaction is not finished; if it was broken off, "
                 "it is finished when a program opens the log to write"};
  }
  if (effect == Erasure::missed) {
    return give_up(
        {0,
         {},
         {Errc::invalid, "at seq " + std::to_string(checkpoint_.seq) +
                             " the view holds what the log has erased since, and can no longer "
                             "take it back; build it anew: refold projection replay " +
                             setup_.name}});
  }
  if (const Verdict made = renew(); made != Verdict::ok) return not_made(made);
  epoch_ = epoch;
  if (effect == Erasure::none) checkpoint_.redaction_epoch = epoch;
  return Next::go_on;
}

}  // namespace refold::projection
