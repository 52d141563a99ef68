#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/log/event.h"
#include "core/log/filter.h"
#include "core/log/page.h"

namespace refold::log {

/// The random name of one log, given when it is created. A seq means something only with it.
using LogId = std::array<std::uint8_t, 16>;

/// What a segment file says of itself; also what the tail's list of segments keeps of it.
struct SegmentInfo {
  Seq first = 0;              ///< a chunk's first: 4096 k + 1
  Seq last = 0;               ///< a chunk's last
  std::uint64_t rewrite = 0;  ///< how often this range was written anew: part of the file's name
  std::int64_t first_us = 0;  ///< witness times
  std::int64_t last_us = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t file_checksum = 0;  ///< of the directory, which holds one of every section
  Sha256Digest chain_before{};      ///< the digest of the chunk before `first`
  Sha256Digest chain{};             ///< the digest of the last chunk

  friend bool operator==(const SegmentInfo&, const SegmentInfo&) = default;
};

/// "00000000000000000001-00000000000001048576.0.seg": zero-padded, so names sort by range.
[[nodiscard]] std::string segment_file_name(const SegmentInfo& info);

/// Hands the events with seqs first..last to `visit`, in order; stops at its first Error. The views
/// of an event are valid during its visit.
using EventVisitor = std::function<Result<void>(const Event&)>;
using EventRange = std::function<Result<void>(Seq first, Seq last, const EventVisitor& visit)>;

struct SegmentPlan {
  LogId log_id{};
  Seq first = 0;
  Seq last = 0;
  std::uint64_t rewrite = 0;
  Sha256Digest chain_before{};
  bool whole = false;  ///< it must reach to `last`: it takes the place of a segment that does
};

/// Writes a segment file of the plan's events into `folder` under the temporary name
/// "<file name>.new", and syncs it. The caller verifies, renames, syncs the folder and lists it.
///
/// The segment ends before the plan's last event, at a chunk's end, where its dictionaries would
/// grow beyond their bounds: names come from the network. SegmentInfo says where.
///
/// `events` is read twice (dictionaries first, then blocks), so memory does not grow with the
/// segment beyond its dictionaries and what is collected of one block (about 200 MB at most).
/// Errors: those of `events`, `io`, `no_space`; the temporary file is then removed.
[[nodiscard]] Result<SegmentInfo> write_segment(const std::filesystem::path& folder,
                                                const SegmentPlan& plan, const EventRange& events);

/// An open, immutable segment file. Any number of threads may read it at once.
///
/// Opening reads and checks the header, the directory and the dictionaries; blocks are read and
/// checked as they are asked for. Every byte of the file is under one checksum or another. A file
/// that is removed while it is open stays readable.
class Segment {
 public:
  /// Errors: `not_found`; `corrupt` names the file, the part and both checksums; `newer_format`;
  /// `corrupt` also if the file is of another log or is not what `listed` says.
  /// `suffix` follows the file's name: ".new" before it is renamed.
  [[nodiscard]] static Result<std::shared_ptr<const Segment>> open(
      const std::filesystem::path& folder, const LogId& log_id, const SegmentInfo& listed,
      std::string_view suffix = "");
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  [[nodiscard]] const SegmentInfo& info() const noexcept;
  /// What it holds in memory while it is open.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
  /// The chain digest after each chunk of this segment, in order.
  [[nodiscard]] const std::vector<Sha256Digest>& chain() const noexcept;
  /// May any event match? (By collection; a false "maybe" is possible, a false "no" is not.)
  [[nodiscard]] bool may_match(const Matcher& matcher) const noexcept;
  /// The first seq whose event was witnessed at `witness_us` or later; last + 1 if none.
  [[nodiscard]] Result<Seq> first_witnessed_at(std::int64_t witness_us) const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit Segment(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Whether a second thread decompresses and checks what will be read next. Worth it for a scan of
/// many events on a machine with a core to spare.
enum class ReadAhead : bool { no, yes };

/// Reads one segment forward and filtered. Remembers where it is in each column, so reading on is
/// cheap and jumping is not. One thread; keeps the segment open.
class SegmentCursor {
 public:
  SegmentCursor(std::shared_ptr<const Segment> segment, const Matcher& matcher,
                ReadAhead read_ahead = ReadAhead::no);
  ~SegmentCursor();
  SegmentCursor(SegmentCursor&&) noexcept;
  SegmentCursor& operator=(SegmentCursor&&) noexcept;

  /// Appends events with seqs from page.next on to `page`, up to the page's limits or the end of
  /// the segment, and moves page.next behind the last event that was looked at.
  /// Texts may point into the segment's dictionaries: the segment is added to page.pinned.
  /// Errors: `corrupt` names file, block and checksums; the page keeps what came before.
  [[nodiscard]] Result<void> read(Page& page);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Decompressed frames of segments, kept for point reads. One per log handle; thread-safe.
class FrameCache {
 public:
  explicit FrameCache(std::size_t bytes_max);
  ~FrameCache();

  /// Appends the event with this seq (which is in the segment) to `page`; page.next is untouched.
  [[nodiscard]] Result<void> get(const std::shared_ptr<const Segment>& segment, Seq seq,
                                 Page& page);
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::log
