#include "core/log/redaction.h"

#include <algorithm>
#include <string>

#include "core/base/crash_point.h"
#include "core/log/redaction_record.h"
#include "core/log/sealer.h"
#include "core/log/tail/row.h"
#include "core/log/tail/rows.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

/// Every seq is an event that has, or once had, a payload.
Result<void> check_seqs(const WitnessLog& log, std::span<const Seq> seqs) {
  if (!std::is_sorted(seqs.begin(), seqs.end())) {
    return Error{Errc::invalid, "the seqs to redact are not sorted"};
  }
  Page page;
  for (const Seq seq : seqs) {
    page.clear();
    REFOLD_CHECK(log.get(seq, page));
    if (is_record(page.events.back().kind)) continue;
    return Error{Errc::invalid, "event " + std::to_string(seq) + " (" +
                                    std::string(name(page.events.back().kind)) +
                                    ") has no payload to redact"};
  }
  return ok();
}

Result<void> rewrite_rows(WitnessLog::Impl& log, const Redacted& redacted,
                          std::span<const Event> events) {
  REFOLD_TRY(TailWriteTxn txn, log.tail->write());
  for (const Event& event : events) {
    atproto::Cid cid;
    const Event left = redacted.erase(event, cid);
    Seq seq = left.seq;
    MDB_val key{sizeof seq, &seq};
    MDB_val row{row_bytes(left), nullptr};
    const int code = mdb_put(txn.get(), txn.databases().events, &key, &row, MDB_RESERVE);
    if (code != 0) return txn.fail("erase a payload from", code);
    encode_row(left, static_cast<std::uint8_t*>(row.mv_data));
  }
  return txn.commit("erase payloads from");
}

Result<void> redact_rows(WitnessLog::Impl& log, const Redacted& redacted) {
  Page page;
  for (Seq next = 1;;) {
    page.clear();
    {
      REFOLD_TRY(const TailReadTxn txn, log.tail->read());
      page.next = std::max(next, txn.state().pruned_last + 1);
      if (page.next > txn.state().last) return ok();
      REFOLD_CHECK(read_rows(txn, txn.state().last, log.everything, page));
    }
    next = page.next;
    std::erase_if(page.events, [&](const Event& event) { return !redacted.concerns(event); });
    if (!page.events.empty()) REFOLD_CHECK(rewrite_rows(log, redacted, page.events));
  }
}

}  // namespace

bool Redacted::contains(Seq seq) const noexcept {
  return std::binary_search(seqs_.begin(), seqs_.end(), seq);
}

bool Redacted::concerns(const Event& event) const noexcept {
  if (contains(event.seq)) {
    return !event.has(flag::redacted) || !event.record.empty() || !event.previous_record.empty();
  }
  return !event.previous_record.empty() && contains(event.previous_seq);
}

Event Redacted::erase(const Event& event, atproto::Cid& cid) const noexcept {
  if (!concerns(event)) return event;
  Event left = event;
  left.previous_record = {};
  if (left.previous_state == PreviousState::known) left.previous_state = PreviousState::unknown;
  if (!contains(event.seq)) return left;
  left.flags |= flag::redacted;
  if (has_cid(event)) {
    cid = cid_of(event);
    left.stored_cid = &cid;
  }
  left.record = {};
  return left;
}

Result<void> finish_redaction(WitnessLog::Impl& log) {
  REFOLD_TRY(std::vector<Seq> seqs, pending_redaction(log));
  if (seqs.empty()) return ok();
  const Redacted redacted(std::move(seqs));
  // What a failed seal has left behind may hold the payloads too.
  REFOLD_CHECK(remove_unlisted_segments(log));
  REFOLD_CHECK(redact_rows(log, redacted));
  crash_point("redact.tail");
  REFOLD_CHECK(redact_segments(log, redacted));
  REFOLD_CHECK(compact_tail(log));
  crash_point("redact.compacted");
  return end_redaction(log);
}

Result<void> WitnessLog::redact(std::span<const Seq> seqs) {
  if (!writable()) return Error{Errc::unsupported, "this log is open for reading only"};
  const std::lock_guard maintaining(impl_->maintenance_mutex);
  const std::lock_guard appending(impl_->append_mutex);
  REFOLD_CHECK(check_seqs(*this, seqs));
  // What an earlier attempt has left undone is done with it.
  REFOLD_TRY(std::vector<Seq> all, pending_redaction(*impl_));
  const std::size_t recorded = all.size();
  all.insert(all.end(), seqs.begin(), seqs.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty()) return ok();
  if (all.size() > recorded) REFOLD_CHECK(begin_redaction(*impl_, all));
  crash_point("redact.recorded");
  return finish_redaction(*impl_);
}

}  // namespace refold::log
