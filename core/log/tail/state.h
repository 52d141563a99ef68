#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/log/event.h"
#include "core/log/segment/segment.h"

namespace refold::log {

/// Version of everything below `log/` except the segment files, which have their own.
inline constexpr std::uint32_t log_format_version = 1;

/// The keys of the `meta` database.
namespace meta_key {
inline constexpr std::string_view format = "format";  ///< u32, bare: older programs must read it
inline constexpr std::string_view identity = "identity";     ///< Identity; never changes
inline constexpr std::string_view state = "state";           ///< TailState; written by each commit
inline constexpr std::string_view pending = "pending";       ///< seqs of a redaction that has begun
inline constexpr std::string_view redaction = "redaction/";  ///< and the epoch: RedactionRange
inline constexpr std::string_view clock = "clock";  ///< ClockJump; absent until one was met
inline constexpr std::string_view proof = "proof";  ///< times the tail was opened again
}  // namespace meta_key

struct Identity {
  LogId log_id{};
  std::int64_t created_us = 0;
};

/// What every transaction of the tail needs to know, in one value. It outlives the rows, so a log
/// whose tail was pruned to nothing still knows its last seq.
struct TailState {
  Seq last = 0;
  std::int64_t last_us = 0;            ///< witness time of `last`: the next one is not below it
  Seq sealed_last = 0;                 ///< events up to here are in segments
  Seq pruned_last = 0;                 ///< rows up to here are gone
  std::uint64_t segments_version = 0;  ///< raised when the list of segments changes
  std::uint64_t redaction_epoch = 0;
  std::uint64_t segment_bytes = 0;  ///< of all listed segment files

  friend bool operator==(const TailState&, const TailState&) = default;
};

/// The furthest that the clock was ever behind the newest event when another was appended.
struct ClockJump {
  std::int64_t back_us = 0;     ///< 0: it never was
  Seq seq = 0;                  ///< the first event appended then
  std::int64_t witness_us = 0;  ///< what that event, and those before the clock caught up, got
};

[[nodiscard]] Bytes encode(const Identity& identity);
[[nodiscard]] Bytes encode(const TailState& state);
[[nodiscard]] Bytes encode(const ClockJump& jump);
[[nodiscard]] Bytes encode(const SegmentInfo& info);
[[nodiscard]] bool decode(ByteView value, Identity& identity) noexcept;
[[nodiscard]] bool decode(ByteView value, TailState& state) noexcept;
[[nodiscard]] bool decode(ByteView value, ClockJump& jump) noexcept;
[[nodiscard]] bool decode(ByteView value, SegmentInfo& info) noexcept;

}  // namespace refold::log
