#include <algorithm>

#include "core/base/wire.h"
#include "core/log/damage.h"
#include "core/log/tail/rows.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

/// How long a waiting thread sleeps before it looks whether another process has appended; in the
/// writer's process appends are announced, all but those that failed and are there all the same.
constexpr std::chrono::milliseconds poll_interval{2};
constexpr std::chrono::milliseconds announced_poll_interval{100};

Error no_such_event(Seq seq, Seq last) {
  return {Errc::not_found,
          "there is no event " + std::to_string(seq) + ": the log ends at " + std::to_string(last)};
}

/// The first of the rows from first to last that was witnessed then or later; last + 1 if none.
Result<Seq> first_row_at(const TailReadTxn& txn, Seq first, Seq last, std::int64_t witness_us) {
  Seq beyond = last + 1;
  while (first < beyond) {
    const Seq middle = first + (beyond - first) / 2;
    REFOLD_TRY(const std::int64_t then, row_witness_us(txn, middle));
    if (then < witness_us) {
      first = middle + 1;
    } else {
      beyond = middle;
    }
  }
  return first;
}

}  // namespace

Result<Seq> WitnessLog::last() const {
  REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
  return txn.state().last;
}

Result<bool> WitnessLog::wait(Seq seq, std::chrono::steady_clock::time_point deadline,
                              const std::atomic<bool>* poked) const {
  const auto is_poked = [poked] { return poked != nullptr && *poked; };
  for (;;) {
    REFOLD_TRY(const Seq newest, last());
    if (newest >= seq) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline || is_poked()) return false;
    const auto until =
        std::min(deadline, now + (writable() ? announced_poll_interval : poll_interval));
    std::unique_lock lock(impl_->announce_mutex);
    impl_->announced.wait_until(lock, until,
                                [&] { return impl_->announced_last >= seq || is_poked(); });
  }
}

void WitnessLog::wake() const {
  // Who is about to wait has looked, or will look under the lock.
  { const std::lock_guard lock(impl_->announce_mutex); }
  impl_->announced.notify_all();
}

Result<void> WitnessLog::get(Seq seq, Page& page) const {
  {
    REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
    if (seq == 0 || seq > txn.state().last) return no_such_event(seq, txn.state().last);
    if (seq > txn.state().sealed_last) return read_row(txn, seq, page);
  }
  REFOLD_TRY(const auto segment, impl_->segments.open_at(*impl_->tail, seq));
  return impl_->frames.get(segment, seq, page);
}

Result<Seq> WitnessLog::first_witnessed_at(std::int64_t witness_us) const {
  Seq sealed = 0;
  {
    REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
    REFOLD_TRY(const auto list, impl_->segments.list(txn));
    const auto found = std::lower_bound(
        list->begin(), list->end(), witness_us,
        [](const SegmentInfo& info, std::int64_t wanted) { return info.last_us < wanted; });
    if (found == list->end()) {
      return first_row_at(txn, txn.state().sealed_last + 1, txn.state().last, witness_us);
    }
    sealed = found->last;
  }
  REFOLD_TRY(const auto segment, impl_->segments.open_at(*impl_->tail, sealed));
  return segment->first_witnessed_at(witness_us);
}

}  // namespace refold::log
