#include "core/log/sealed.h"

#include <algorithm>

#include "core/log/damage.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

constexpr unsigned attempts_max = 8;

bool same_list(const TailState& a, const TailState& b) noexcept {
  return a.segments_version == b.segments_version && a.sealed_last == b.sealed_last &&
         a.segment_bytes == b.segment_bytes;
}

bool same_segment(const SegmentInfo& a, const SegmentInfo& b) noexcept {
  return a.first == b.first && a.last == b.last && a.rewrite == b.rewrite;
}

Result<SegmentList> read_list(const TailReadTxn& txn) {
  const std::string what = txn.env().file().native() + ": list of segments";
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn.get(), txn.databases().segments, &cursor);
  if (code != 0) return lmdb_error("cannot read " + what, code);
  const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> closes(cursor, mdb_cursor_close);
  SegmentList list;
  Seq last = 0;
  MDB_val key;
  MDB_val stored;
  while ((code = mdb_cursor_get(cursor, &key, &stored, MDB_NEXT)) == 0) {
    REFOLD_TRY(const ByteView value, open_value(what, view_of(key), view_of(stored)));
    SegmentInfo info;
    if (!decode(value, info)) return damaged(what, "an entry is malformed");
    if (info.first != last + 1) {
      return damaged(what, "no segment holds event " + std::to_string(last + 1));
    }
    last = info.last;
    list.push_back(info);
  }
  if (code != MDB_NOTFOUND) return lmdb_error("cannot read " + what, code);
  if (last != txn.state().sealed_last) {
    return damaged(what, "it ends at event " + std::to_string(last) + ", not at " +
                             std::to_string(txn.state().sealed_last));
  }
  return list;
}

}  // namespace

const SegmentInfo* find_segment(const SegmentList& list, Seq seq) noexcept {
  const auto found =
      std::lower_bound(list.begin(), list.end(), seq,
                       [](const SegmentInfo& info, Seq wanted) { return info.last < wanted; });
  return found == list.end() || found->first > seq ? nullptr : &*found;
}

int list_segment(const TailWriteTxn& txn, const SegmentInfo& info) {
  std::uint8_t key[8];
  store_be64(key, info.first);
  return put_value(txn.get(), txn.databases().segments, key, encode(info));
}

SealedSegments::SealedSegments(std::filesystem::path folder, const LogId& log_id,
                               std::size_t bytes_max)
    : folder_(std::move(folder)), log_id_(log_id), bytes_max_(bytes_max) {}

Result<std::shared_ptr<const SegmentList>> SealedSegments::list(const TailReadTxn& txn) {
  {
    const std::lock_guard lock(mutex_);
    if (list_ != nullptr && same_list(list_state_, txn.state())) return list_;
  }
  REFOLD_TRY(SegmentList fresh, read_list(txn));
  auto shared = std::make_shared<const SegmentList>(std::move(fresh));
  const std::lock_guard lock(mutex_);
  list_ = shared;
  list_state_ = txn.state();
  return shared;
}

Result<std::shared_ptr<const Segment>> SealedSegments::open(const SegmentInfo& info) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& segment) {
      return same_segment(segment->info(), info);
    });
    if (found != open_.end()) {
      open_.splice(open_.begin(), open_, found);
      return open_.front();
    }
  }
  // Opened outside the lock: it takes milliseconds. Two threads may both do it, harmlessly.
  REFOLD_TRY(std::shared_ptr<const Segment> segment, Segment::open(folder_, log_id_, info));
  const std::lock_guard lock(mutex_);
  open_.push_front(segment);
  std::size_t bytes = 0;
  for (auto at = open_.begin(); at != open_.end();) {
    bytes += (*at)->memory_bytes();
    at = bytes > bytes_max_ && at != open_.begin() ? open_.erase(at) : std::next(at);
  }
  return segment;
}

Result<std::shared_ptr<const Segment>> SealedSegments::open_at(Tail& tail, Seq seq) {
  SegmentInfo tried;
  for (unsigned attempt = 0;; ++attempt) {
    std::shared_ptr<const SegmentList> listed;
    {
      REFOLD_TRY(const TailReadTxn txn, tail.read());
      REFOLD_TRY(listed, list(txn));
    }
    const SegmentInfo* const info = find_segment(*listed, seq);
    if (info == nullptr) {
      return damaged("event " + std::to_string(seq), "no segment holds it");
    }
    auto segment = open(*info);
    if (segment.has_value()) return segment;
    if (segment.error().code != Errc::not_found || attempt >= attempts_max) return segment;
    if (attempt > 0 && same_segment(tried, *info)) {
      return damaged((folder_ / segment_file_name(*info)).native(), "the file is gone");
    }
    tried = *info;
  }
}

void SealedSegments::forget() {
  const std::lock_guard lock(mutex_);
  list_.reset();
  open_.clear();
}

}  // namespace refold::log
