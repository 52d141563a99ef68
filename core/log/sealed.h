#pragma once

#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/result.h"
#include "core/log/segment/segment.h"
#include "core/log/tail/tail.h"

namespace refold::log {

/// The segments of one snapshot: contiguous from seq 1 to sealed_last.
using SegmentList = std::vector<SegmentInfo>;

/// The segment that holds `seq`; null if none does.
[[nodiscard]] const SegmentInfo* find_segment(const SegmentList& list, Seq seq) noexcept;

/// Stores a segment in the list. Returns LMDB's code.
[[nodiscard]] int list_segment(const TailWriteTxn& txn, const SegmentInfo& info);

/// The sealed part of a log: the list as the tail has it, and open segments, the least recently
/// used of which are closed when they hold more memory than agreed. Any thread.
class SealedSegments {
 public:
  SealedSegments(std::filesystem::path folder, const LogId& log_id, std::size_t bytes_max);

  /// Errors: `corrupt` if the list has a gap or does not end where the tail says.
  [[nodiscard]] Result<std::shared_ptr<const SegmentList>> list(const TailReadTxn& txn);

  /// Errors: those of Segment::open. `not_found` may mean that a redaction has replaced it since
  /// the list was read: read it again.
  [[nodiscard]] Result<std::shared_ptr<const Segment>> open(const SegmentInfo& info);

  /// The open segment that holds `seq`, which is sealed: list() and open(), again if replaced.
  [[nodiscard]] Result<std::shared_ptr<const Segment>> open_at(Tail& tail, Seq seq);

  /// Closes what it holds open and forgets the list. Whoever still uses a segment keeps it.
  void forget();

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
  LogId log_id_;
  std::size_t bytes_max_;
  std::mutex mutex_;
  std::shared_ptr<const SegmentList> list_;
  TailState list_state_;
  std::list<std::shared_ptr<const Segment>> open_;  ///< newest use first
};

}  // namespace refold::log
