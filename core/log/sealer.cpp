#include "core/log/sealer.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/base/crash_point.h"
#include "core/base/file.h"
#include "core/log/damage.h"
#include "core/log/limits.h"
#include "core/log/tail/files.h"
#include "core/log/tail/rows.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

namespace fs = std::filesystem;

/// Rows removed in one transaction: an append waits for at most one such slice.
constexpr Seq prune_slice_events = 16'384;

constexpr std::string_view segment_ending = ".seg";

Result<void> remove_rows(TailWriteTxn& txn, Seq last) {
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn.get(), txn.databases().events, &cursor);
  while (code == 0) {
    MDB_val key;
    MDB_val row;
    code = mdb_cursor_get(cursor, &key, &row, MDB_FIRST);
    if (code != 0 || load_le<Seq>(view_of(key).data()) > last) break;
    code = mdb_cursor_del(cursor, 0);
  }
  if (cursor != nullptr) mdb_cursor_close(cursor);
  if (code != 0 && code != MDB_NOTFOUND) return txn.fail("prune", code);
  return ok();
}

/// What the next segment holds: whole chunks behind the last one.
SegmentPlan plan_segment(const WitnessLog::Impl& log, const TailState& state,
                         const SegmentList& list, std::uint64_t events_max) {
  const std::uint64_t wanted = std::clamp(events_max, chunk_events, segment_events_max);
  const std::uint64_t events = std::min(state.last - state.sealed_last, wanted);
  SegmentPlan plan;
  plan.log_id = log.tail->identity().log_id;
  plan.first = state.sealed_last + 1;
  plan.last = state.sealed_last + events / chunk_events * chunk_events;
  if (!list.empty()) plan.chain_before = list.back().chain;
  return plan;
}

Result<void> list_new_segment(WitnessLog::Impl& log, const SegmentInfo& info) {
  REFOLD_TRY(TailWriteTxn txn, log.tail->write());
  if (const int code = list_segment(txn, info); code != 0) {
    return txn.fail("list a segment in", code);
  }
  txn.state.sealed_last = info.last;
  txn.state.segment_bytes += info.file_bytes;
  ++txn.state.segments_version;
  return txn.commit("list a segment in");
}

}  // namespace

Result<void> prune(WitnessLog::Impl& log) {
  for (;;) {
    REFOLD_TRY(TailWriteTxn txn, log.tail->write());
    const TailState& state = txn.state;
    if (state.pruned_last == state.sealed_last) return ok();
    const Seq last = std::min(state.sealed_last, state.pruned_last + prune_slice_events);
    REFOLD_CHECK(remove_rows(txn, last));
    txn.state.pruned_last = last;
    REFOLD_CHECK(txn.commit("prune"));
    crash_point("prune.slice");
  }
}

Result<void> remove_unlisted_segments(WitnessLog::Impl& log) {
  // After a failed commit: what is listed is what the disk says, not only what we see.
  { REFOLD_TRY(const TailWriteTxn proven, log.tail->write()); }
  std::set<std::string> listed;
  {
    REFOLD_TRY(const TailReadTxn txn, log.tail->read());
    REFOLD_TRY(const auto list, log.segments.list(txn));
    for (const SegmentInfo& info : *list) listed.insert(segment_file_name(info));
  }
  std::error_code failure;
  std::vector<fs::path> unlisted;
  fs::directory_iterator entry(log.segments.folder(), failure);
  for (; !failure && entry != fs::directory_iterator{}; entry.increment(failure)) {
    const std::string name = entry->path().filename().native();
    const bool ours = name.ends_with(segment_ending) ||
                      name.ends_with(std::string(segment_ending).append(unfinished));
    if (ours && !listed.contains(name)) unlisted.push_back(entry->path());
  }
  for (const fs::path& file : unlisted) {
    std::error_code kept;
    fs::remove(file, kept);
    if (kept && !failure) failure = kept;
  }
  if (failure) {
    return system_error("clean up the folder " + log.segments.folder().native(), failure.value());
  }
  return sync_folder(log.segments.folder());
}

Result<void> verify_new_segment(const WitnessLog::Impl& log, const SegmentInfo& info,
                                const EventRange& events) {
  const std::string file =
      (log.segments.folder() / segment_file_name(info).append(unfinished)).native();
  REFOLD_TRY(const std::shared_ptr<const Segment> segment,
             Segment::open(log.segments.folder(), log.tail->identity().log_id, info, unfinished));
  SegmentCursor cursor(segment, log.everything);
  Page page;
  page.next = info.first;
  std::size_t index = 0;
  const auto compare = [&](const Event& event) -> Result<void> {
    if (index == page.events.size()) {
      page.clear();
      index = 0;
      REFOLD_CHECK(cursor.read(page));
    }
    if (index == page.events.size() || !same(page.events[index], event)) {
      return Error{Errc::corrupt, file + ": event " + std::to_string(event.seq) +
                                      " does not read back as it was written; nothing was "
                                      "pruned, check the disk and seal again"};
    }
    ++index;
    return ok();
  };
  return events(info.first, info.last, compare);
}

Result<void> name_segment(const WitnessLog::Impl& log, const SegmentInfo& info) {
  const fs::path file = log.segments.folder() / segment_file_name(info);
  std::error_code failure;
  fs::rename(fs::path(file).concat(unfinished), file, failure);
  if (failure) return system_error("name the segment " + file.native(), failure.value());
  return sync_folder(log.segments.folder());
}

namespace {

/// Returns the number of events: a segment may end before its plan does.
Result<std::uint64_t> write_and_list(WitnessLog::Impl& log, const SegmentPlan& plan) {
  const EventRange rows = [&](Seq first, Seq last, const EventVisitor& visit) {
    return visit_rows(*log.tail, log.everything, first, last, visit);
  };
  REFOLD_TRY(const SegmentInfo info, write_segment(log.segments.folder(), plan, rows));
  crash_point("seal.written");
  REFOLD_CHECK(verify_new_segment(log, info, rows));
  crash_point("seal.verified");
  REFOLD_CHECK(name_segment(log, info));
  crash_point("seal.renamed");
  REFOLD_CHECK(list_new_segment(log, info));
  crash_point("seal.listed");
  return info.last - info.first + 1;
}

}  // namespace

Result<std::uint64_t> WitnessLog::seal(std::uint64_t events_max) {
  if (!writable()) return Error{Errc::unsupported, "this log is open for reading only"};
  Impl& log = *impl_;
  const std::lock_guard lock(log.maintenance_mutex);
  REFOLD_CHECK(prune(log));
  SegmentPlan plan;
  {
    REFOLD_TRY(const TailReadTxn txn, log.tail->read());
    REFOLD_TRY(const auto list, log.segments.list(txn));
    plan = plan_segment(log, txn.state(), *list, events_max);
  }
  if (plan.last < plan.first) return 0;
  auto sealed = write_and_list(log, plan);
  if (sealed.has_error()) {
    // No redaction knows of a file that is not listed. What cannot be removed now is removed by the
    // next redaction or open.
    (void)remove_unlisted_segments(log);
    return sealed;
  }
  REFOLD_CHECK(prune(log));
  return sealed;
}

}  // namespace refold::log
