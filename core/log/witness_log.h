#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/log/event.h"
#include "core/log/filter.h"
#include "core/log/page.h"
#include "core/log/segment/segment.h"

namespace refold::log {

struct LogOptions {
  std::size_t map_bytes = std::size_t{64} << 30;  ///< address space of the tail; its maximum size
  std::size_t frame_cache_bytes = std::size_t{32} << 20;
  std::size_t open_segments_bytes = std::size_t{64} << 20;  ///< dictionaries of open segments
};

/// A named durable position: a source's upstream position or a consumer's place. Opaque bytes.
struct CursorUpdate {
  std::string name;
  std::string value;
};
/// State that has no event of its own (a repo's rev after a commit outside our filter).
struct MarkUpdate {
  std::string key;  ///< at most 511 bytes
  std::string value;
};

/// What commits together with events.
struct CommitExtras {
  std::vector<CursorUpdate> cursors;
  std::vector<MarkUpdate> marks;
};

struct CursorEntry {
  std::string name;
  std::string value;
  std::int64_t updated_us = 0;
};

struct LogStat {
  LogId log_id{};
  std::int64_t created_us = 0;
  Seq first = 0;  ///< 1, or 0 if the log is empty
  Seq last = 0;
  Seq sealed_last = 0;  ///< the last seq in a segment
  Seq pruned_last = 0;  ///< rows up to here are gone from the tail
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  /// The furthest that the clock was ever behind the newest event at an append (0: it never was).
  /// The events from clock_back_seq on got the time of the one before, until it had caught up.
  std::int64_t clock_back_us = 0;
  Seq clock_back_seq = 0;
  std::int64_t clock_back_at_us = 0;  ///< the witness time of that event
  std::uint64_t tail_events = 0;
  std::uint64_t tail_bytes = 0;  ///< pages in use
  std::uint64_t tail_file_bytes = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t redaction_epoch = 0;
  std::vector<SegmentInfo> segments;
};

/// What a redaction touched, for those who derived something from the log.
struct RedactionRange {
  Seq first = 0;  ///< the first event that it erased
  Seq last = 0;   ///< the newest event of the log when it began: after all tombstones for it
  bool finished = false;
};

/// The witness log of one data directory: append-only, LMDB for the newest events, immutable
/// segment files for the rest.
///
/// One process opens it for writing (a lock names the holder), any number for reading, at the
/// same time. In a process there is one WitnessLog per data directory. append() and seal() may
/// each be called by one thread at a time (both at once is fine); everything else by any thread.
class WitnessLog {
 public:
  /// Creates the log if there is none: in a new folder or an empty one, which gets mode 0700.
  /// Errors: `invalid` if the folder holds other things and no log; `busy` names pid, command and
  /// start time of the process that holds it; `newer_format`; `corrupt`; `io`.
  [[nodiscard]] static Result<std::unique_ptr<WitnessLog>> open_writer(
      const std::filesystem::path& data, const LogOptions& options = {});
  /// Errors: `not_found` if there is no log; `newer_format`; `corrupt`; `io`.
  [[nodiscard]] static Result<std::unique_ptr<WitnessLog>> open_reader(
      const std::filesystem::path& data, const LogOptions& options = {});
  ~WitnessLog();
  WitnessLog(const WitnessLog&) = delete;
  WitnessLog& operator=(const WitnessLog&) = delete;

  [[nodiscard]] const LogId& id() const noexcept;
  [[nodiscard]] const std::filesystem::path& data() const noexcept;
  [[nodiscard]] bool writable() const noexcept;
  /// How often the tail was opened again after a failed commit. An append that failed may have left
  /// its events behind all the same; whoever keeps something about the log in memory compares when
  /// this has changed, before the next append.
  [[nodiscard]] std::uint64_t incarnation() const noexcept;

  /// Appends the events in one synced transaction, with the extras, and numbers them: `seq` and
  /// `witness_us` of each are set. They are durable and readable when it returns. An empty span
  /// with extras commits the extras.
  ///
  /// Errors: `invalid` and `too_large` (a field out of bounds, or a create without both record and
  /// CID: nothing was appended), `no_space`, `io` (nothing is acknowledged; the tail was opened
  /// again, and the next call tries again). All or nothing; see incarnation() for which of them.
  [[nodiscard]] Result<void> append(std::span<Event> events, const CommitExtras& extras = {});

  /// The newest durable seq; 0 if empty.
  [[nodiscard]] Result<Seq> last() const;
  /// Waits until last() >= seq. Works across processes (polls every few milliseconds there).
  /// Returns false at the deadline, and soon after `poked` (may be null) has become true and wake()
  /// was called. Holds no transaction.
  [[nodiscard]] Result<bool> wait(Seq seq, std::chrono::steady_clock::time_point deadline,
                                  const std::atomic<bool>* poked = nullptr) const;
  /// Has those who wait in this process look whether they were poked.
  void wake() const;

  /// Appends the event to `page`. Errors: `not_found`, `corrupt`, `unsupported` (a kind that this
  /// version does not know; readers pass over those).
  [[nodiscard]] Result<void> get(Seq seq, Page& page) const;
  /// The first seq witnessed at that time or later; last() + 1 if none.
  [[nodiscard]] Result<Seq> first_witnessed_at(std::int64_t witness_us) const;

  [[nodiscard]] Result<LogStat> stat() const;

  // Cursors and marks ---------------------------------------------------------------------------
  [[nodiscard]] Result<std::optional<std::string>> cursor(std::string_view name) const;
  [[nodiscard]] Result<std::vector<CursorEntry>> cursors() const;
  [[nodiscard]] Result<void> remove_cursor(std::string_view name);
  [[nodiscard]] Result<std::optional<std::string>> mark(std::string_view key) const;
  /// Every mark, in key order.
  [[nodiscard]] Result<void> visit_marks(
      const std::function<Result<void>(std::string_view key, std::string_view value)>& visit) const;

  // Sealing -------------------------------------------------------------------------------------
  /// Turns whole chunks of the tail into one segment of at most `events_max` events, verifies it
  /// against the tail, lists it, and prunes the tail in slices. Returns the number of events
  /// sealed (0: no whole chunk is left). At least one chunk is taken if there is one. Appends and
  /// reads go on meanwhile.
  [[nodiscard]] Result<std::uint64_t> seal(std::uint64_t events_max = segment_events_default);
  static constexpr std::uint64_t segment_events_default = std::uint64_t{16} * 16 * 4096;

  // Integrity -----------------------------------------------------------------------------------
  /// The newest chain digest: over all events, the last, incomplete chunk included.
  [[nodiscard]] Result<Sha256Digest> root() const;
  /// Recomputes every checksum, CID and digest, and compares the payloads that events carry as
  /// previous with the CIDs of those events. `progress` (may be empty) is told the last seq
  /// checked, and returns false to end it early (`closed`). Errors: `corrupt` names the first
  /// event, file or row that does not fit.
  [[nodiscard]] Result<void> verify(const std::function<bool(Seq)>& progress = {}) const;

  // Redaction -----------------------------------------------------------------------------------
  /// Erases the payloads of these events, and the copies of them that other events carry as
  /// `previous`, from tail rows, the tail's free pages, and segments (written anew). Flags these
  /// events redacted, not those that carried a copy. `seqs` is sorted. Recorded before it starts:
  /// open_writer() finishes what a crash interrupted. Raises the redaction epoch. seal() and
  /// append() wait meanwhile. Errors: `invalid` for seqs that are not sorted or not record events,
  /// `not_found`: nothing was done; any other: it was recorded, and the next redact() or
  /// open_writer() goes on with it.
  [[nodiscard]] Result<void> redact(std::span<const Seq> seqs);
  /// The redaction that began with this epoch; none if there was none, or by an older version.
  [[nodiscard]] Result<std::optional<RedactionRange>> redaction(std::uint64_t epoch) const;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit WitnessLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace refold::log
