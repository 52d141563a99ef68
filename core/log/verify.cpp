#include <algorithm>
#include <limits>
#include <string>

#include "core/base/bytes.h"
#include "core/log/chain.h"
#include "core/log/damage.h"
#include "core/log/limits.h"
#include "core/log/tail/rows.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

using Progress = std::function<bool(Seq)>;

Error ended_early() { return {Errc::closed, "the verification was ended before its end"}; }

/// One pass over the whole log: segments from the first on, then the tail. What is sealed while it
/// runs is verified as a segment too.
class Verification {
 public:
  Verification(const WitnessLog& whole, const Progress& progress)
      : whole_(whole), log_(whole.impl()), progress_(progress) {}

  Result<void> run() {
    for (;;) {
      REFOLD_CHECK(verify_segments());
      REFOLD_TRY(const bool at_end, verify_rows());
      if (at_end) return verify_overlap();
    }
  }

 private:
  Result<void> verify_segments() {
    for (;;) {
      Seq sealed_last = 0;
      {
        REFOLD_TRY(const TailReadTxn txn, log_.tail->read());
        sealed_last = txn.state().sealed_last;
      }
      if (sealed_done_ >= sealed_last) return ok();
      REFOLD_TRY(const auto segment, log_.segments.open_at(*log_.tail, sealed_done_ + 1));
      REFOLD_CHECK(verify_segment(segment));
      sealed_done_ = segment->info().last;
      chain_ = segment->info().chain;
    }
  }

  Result<void> verify_segment(const std::shared_ptr<const Segment>& segment) {
    const SegmentInfo& info = segment->info();
    const std::string file = (log_.segments.folder() / segment_file_name(info)).native();
    if (info.chain_before != chain_) {
      return damaged(file, "its chain does not go on from the segment before it");
    }
    SegmentCursor cursor(segment, log_.everything);
    std::optional<ChainDigest> chunk;
    Sha256Digest digest = chain_;
    Page page;
    Seq done = info.first - 1;
    for (page.next = info.first; done < info.last;) {
      page.clear();
      REFOLD_CHECK(cursor.read(page));
      for (const Event& event : page.events) {
        if (event.seq != done + 1) break;
        REFOLD_CHECK(check_time(event));
        REFOLD_CHECK(check_previous(event));
        if (!chunk) chunk.emplace(digest);
        chunk->add(event);
        done = event.seq;
        if (done % chunk_events != 0) continue;
        digest = chunk->finish();
        chunk.reset();
        REFOLD_CHECK(compare_chain(*segment, file, done, digest));
      }
      if (page.events.empty() || done + 1 != page.next) {
        return damaged(file, "event " + std::to_string(done + 1) + " is not where it belongs");
      }
      if (progress_ && !progress_(done)) return ended_early();
    }
    if (digest == info.chain) return ok();
    return damaged(file, "its newest chain digest is not that of its last chunk");
  }

  static Result<void> compare_chain(const Segment& segment, const std::string& file, Seq last,
                                    const Sha256Digest& found) {
    const std::size_t index = (last - segment.info().first) / chunk_events;
    if (index < segment.chain().size() && segment.chain()[index] == found) return ok();
    const std::string stored =
        index < segment.chain().size() ? hex(segment.chain()[index]) : "nothing";
    return damaged(file, "events " + std::to_string(last - chunk_events + 1) + " to " +
                             std::to_string(last) + ": the chain digest does not match (stored " +
                             stored + ", found " + hex(found) + ")");
  }

  Result<void> check_time(const Event& event) {
    if (event.seq <= timed_last_) return ok();  // a row then, now in a segment
    if (event.witness_us < timed_us_) {
      return damaged("event " + std::to_string(event.seq),
                     "it was witnessed before the event in front of it");
    }
    timed_last_ = event.seq;
    timed_us_ = event.witness_us;
    return ok();
  }

  /// The payload that an event takes back is the one that the log has at its place: the chain holds
  /// the place only.
  Result<void> check_previous(const Event& event) {
    if (event.previous_record.empty()) return ok();
    const std::string place = std::to_string(event.previous_seq);
    if (event.previous_seq == 0 || event.previous_seq >= event.seq) {
      return damaged("event " + std::to_string(event.seq),
                     "it carries the payload of event " + place + ", which is not before it");
    }
    previous_.clear();
    if (auto got = whole_.get(event.previous_seq, previous_); got.has_error()) {
      // A later version may know what it took back there.
      return got.error().code == Errc::unsupported ? ok() : got;
    }
    const Event& previous = previous_.events.back();
    if (has_cid(previous) && cid_of(previous) == atproto::cid_of(event.previous_record)) {
      return ok();
    }
    return damaged("event " + std::to_string(event.seq),
                   "the payload it carries as previous is not that of event " + place);
  }

  /// Returns false if rows were pruned under its eyes: they are in a segment now.
  Result<bool> verify_rows() {
    Page page;
    for (;;) {
      const Seq from = std::max(sealed_done_, rows_done_) + 1;
      {
        REFOLD_TRY(const TailReadTxn txn, log_.tail->read());
        if (from <= txn.state().pruned_last) return false;
        if (from > txn.state().last) return count_rows(txn);
        page.clear();
        page.next = from;
        REFOLD_CHECK(read_rows(txn, txn.state().last, log_.everything, page));
      }
      for (const Event& event : page.events) {
        REFOLD_CHECK(check_time(event));
        REFOLD_CHECK(check_previous(event));
      }
      rows_done_ = page.next - 1;
      if (progress_ && !progress_(rows_done_)) return ended_early();
    }
  }

  static Result<bool> count_rows(const TailReadTxn& txn) {
    MDB_stat stat = {};
    const std::string file = txn.env().file().native();
    if (const int code = mdb_stat(txn.get(), txn.databases().events, &stat); code != 0) {
      return lmdb_error("cannot count the rows of " + file, code);
    }
    const Seq expected = txn.state().last - txn.state().pruned_last;
    if (stat.ms_entries == expected) return true;
    return damaged(file, "it has " + std::to_string(stat.ms_entries) + " events instead of " +
                             std::to_string(expected));
  }

  /// Rows that wait for being pruned equal what the segments say.
  Result<void> verify_overlap() {
    Page rows;
    Page sealed;
    for (Seq next = 1;;) {
      rows.clear();
      {
        REFOLD_TRY(const TailReadTxn txn, log_.tail->read());
        next = std::max(next, txn.state().pruned_last + 1);
        if (next > txn.state().sealed_last) return ok();
        rows.next = next;
        REFOLD_CHECK(read_rows(txn, txn.state().sealed_last, log_.everything, rows));
      }
      REFOLD_TRY(const auto segment, log_.segments.open_at(*log_.tail, next));
      SegmentCursor cursor(segment, log_.everything);
      sealed.next = next;
      std::size_t at = 0;
      for (const Event& row : rows.events) {
        if (row.seq > segment->info().last) break;
        if (at == sealed.events.size()) {
          sealed.clear();
          at = 0;
          REFOLD_CHECK(cursor.read(sealed));
        }
        if (at == sealed.events.size() || !same(sealed.events[at], row)) {
          return damaged("event " + std::to_string(row.seq),
                         "its row in the tail and its segment differ");
        }
        ++at;
        next = row.seq + 1;
      }
      sealed.clear();
    }
  }

  const WitnessLog& whole_;
  WitnessLog::Impl& log_;
  const Progress& progress_;
  Seq sealed_done_ = 0;
  Seq rows_done_ = 0;
  Seq timed_last_ = 0;
  std::int64_t timed_us_ = std::numeric_limits<std::int64_t>::min();
  Sha256Digest chain_{};
  Page previous_;
};

}  // namespace

Result<void> WitnessLog::verify(const Progress& progress) const {
  REFOLD_CHECK(Verification(*this, progress).run());
  REFOLD_CHECK(stat());
  REFOLD_CHECK(cursors());
  return visit_marks([](std::string_view, std::string_view) { return ok(); });
}

}  // namespace refold::log
