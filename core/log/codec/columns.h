#pragma once

#include <cstddef>
#include <cstdint>

#include "core/atproto/datetime.h"
#include "core/log/codec/shape.h"

namespace refold::log::codec {

/// The number columns of a frame, in the order they are stored. Relative values are differences
/// modulo 2^64, zigzagged.
enum Column : std::uint8_t {
  head,        ///< per event: number of its Head
  witness,     ///< per event: microseconds since the event before it in the frame
  actor,       ///< per event: its DID
  rev_time,    ///< per rev: microseconds since the rev before it in the frame
  rev_clock,   ///< per rev
  order,       ///< per rev
  rkey_time,   ///< per TID rkey: microseconds that it is before the rev
  rkey_clock,  ///< per TID rkey: clock id, exclusive-or that of the rev
  previous,    ///< per previous_seq: how many seqs it is before the event
  upstream_seq,
  upstream_us,
  shape,     ///< per payload: number of its shape; 0: kept whole, in the text
  length,    ///< per text: bytes
  did,       ///< per DID in a payload; 0: spelled out
  tid_time,  ///< per TID in a payload: microseconds before the event's base time
  tid_clock,
  time,  ///< per datetime: units of its form after the event's base time
  integer,
  reference,  ///< per strong reference; 0: spelled out
};
inline constexpr std::size_t column_count = 19;

/// A frame: the events of one collection within one block, in seq order.
///
///   frame  := classes_raw classes_size text_raw text_size bits_size digests plcs
///             first_witness_us classes text bits digest* plc*
///
/// The numbers before the streams are varints (first_witness_us zigzagged). `classes` (all columns)
/// and `text` are zstd frames, or stored where size == raw; `digests` of 32 bytes and `plcs` of 15
/// are what does not compress.
inline constexpr std::size_t frame_raw_bytes_max = std::size_t{32} << 10;

/// How many microseconds one unit of a datetime form has.
[[nodiscard]] constexpr std::uint64_t unit_us(Op op) noexcept {
  const auto form = static_cast<atproto::DatetimeForm>(static_cast<unsigned>(op) -
                                                       static_cast<unsigned>(Op::datetime));
  switch (form) {
    case atproto::DatetimeForm::seconds: return 1'000'000;
    case atproto::DatetimeForm::micros: return 1;
    default: return 1'000;
  }
}

}  // namespace refold::log::codec
