#include <set>
#include <string>

#include "core/base/crash_point.h"
#include "core/base/file.h"
#include "core/log/damage.h"
#include "core/log/redaction.h"
#include "core/log/sealer.h"
#include "core/log/tail/rows.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

namespace fs = std::filesystem;

/// Only events of the same records can carry a copy: the postings of their DIDs find them.
Result<std::optional<Matcher>> same_dids(WitnessLog::Impl& log, const Redacted& redacted) {
  std::set<std::string> dids;
  for (const Seq seq : redacted.seqs()) {
    Page page;
    Seq sealed_last = 0;
    {
      REFOLD_TRY(const TailReadTxn txn, log.tail->read());
      sealed_last = txn.state().sealed_last;
      if (seq > sealed_last) REFOLD_CHECK(read_row(txn, seq, page));
    }
    if (seq <= sealed_last) {
      REFOLD_TRY(const auto segment, log.segments.open_at(*log.tail, seq));
      REFOLD_CHECK(log.frames.get(segment, seq, page));
    }
    dids.emplace(page.events.back().did);
  }
  auto matcher = Matcher::make({.dids = {dids.begin(), dids.end()}, .history = true});
  // DIDs that nobody could ask for: then every event is looked at.
  if (matcher.has_error()) return std::optional<Matcher>{};
  return std::optional<Matcher>{std::move(*matcher)};
}

Result<bool> holds_any(const std::shared_ptr<const Segment>& segment, const Matcher& matcher,
                       const Redacted& redacted) {
  const SegmentInfo& info = segment->info();
  if (redacted.seqs().empty() || info.last < redacted.seqs().front()) return false;
  if (!segment->may_match(matcher)) return false;
  SegmentCursor cursor(segment, matcher);
  Page page;
  for (page.next = info.first; page.next <= info.last;) {
    page.clear();
    REFOLD_CHECK(cursor.read(page));
    for (const Event& event : page.events) {
      if (redacted.concerns(event)) return true;
    }
  }
  return false;
}

/// The events of a segment as they are to be: what is redacted without its payload.
EventRange without(const WitnessLog::Impl& log, const std::shared_ptr<const Segment>& segment,
                   const Redacted& redacted) {
  return
      [&log, segment, &redacted](Seq first, Seq last, const EventVisitor& visit) -> Result<void> {
        SegmentCursor cursor(segment, log.everything);
        Page page;
        for (page.next = first; page.next <= last;) {
          page.clear();
          REFOLD_CHECK(cursor.read(page));
          for (const Event& event : page.events) {
            if (event.seq > last) break;
            atproto::Cid cid;
            REFOLD_CHECK(visit(redacted.erase(event, cid)));
          }
        }
        return ok();
      };
}

Result<void> replace_listed(WitnessLog::Impl& log, const SegmentInfo& old,
                            const SegmentInfo& info) {
  REFOLD_TRY(TailWriteTxn txn, log.tail->write());
  if (const int code = list_segment(txn, info); code != 0) {
    return txn.fail("list a segment in", code);
  }
  txn.state.segment_bytes += info.file_bytes - old.file_bytes;
  ++txn.state.segments_version;
  return txn.commit("list a segment in");
}

Result<void> rewrite_segment(WitnessLog::Impl& log, const std::shared_ptr<const Segment>& segment,
                             const Redacted& redacted) {
  const SegmentInfo old = segment->info();
  SegmentPlan plan;
  plan.log_id = log.tail->identity().log_id;
  plan.first = old.first;
  plan.last = old.last;
  plan.rewrite = old.rewrite + 1;
  plan.chain_before = old.chain_before;
  plan.whole = true;
  const EventRange events = without(log, segment, redacted);
  REFOLD_TRY(const SegmentInfo info, write_segment(log.segments.folder(), plan, events));
  REFOLD_CHECK(verify_new_segment(log, info, events));
  const fs::path old_file = log.segments.folder() / segment_file_name(old);
  if (info.chain != old.chain) {
    return damaged(old_file.native(), "without the redacted payloads its chain is another one");
  }
  REFOLD_CHECK(name_segment(log, info));
  crash_point("redact.segment");
  REFOLD_CHECK(replace_listed(log, old, info));
  crash_point("redact.listed");
  std::error_code failure;
  fs::remove(old_file, failure);
  if (failure) return system_error("remove " + old_file.native(), failure.value());
  return sync_folder(log.segments.folder());
}

}  // namespace

Result<void> redact_segments(WitnessLog::Impl& log, const Redacted& redacted) {
  REFOLD_TRY(const std::optional<Matcher> dids, same_dids(log, redacted));
  for (Seq next = 1;;) {
    Seq sealed_last = 0;
    {
      REFOLD_TRY(const TailReadTxn txn, log.tail->read());
      sealed_last = txn.state().sealed_last;
    }
    if (next > sealed_last) break;
    REFOLD_TRY(const auto segment, log.segments.open_at(*log.tail, next));
    REFOLD_TRY(const bool any, holds_any(segment, dids ? *dids : log.everything, redacted));
    if (any) REFOLD_CHECK(rewrite_segment(log, segment, redacted));
    next = segment->info().last + 1;
  }
  log.segments.forget();
  log.frames.clear();
  return ok();
}

}  // namespace refold::log
