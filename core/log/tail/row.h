#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::log {

/// One event of the tail as bytes. docs/log-format.md, "Tail rows":
///
///   row      = checksum:u64 witness_us:i64 kind:u8 state:u8 flags:u16 rev:u64 fields:u8
///              source did collection rkey               each: length:varint bytes
///              [order:varint] [previous_seq:varint] [status] [handle]
///              [upstream_seq:varint upstream_us:zigzag varint]
///              [codec:u8 digest:32 bytes]               the CID, where it cannot be computed
///              [record] [previous_record]
///   state    = missing (bits 0-2) | previous_state (bits 3-4) | active (bit 5)
///   fields   = which of the parts in brackets are there, from bit 0
///   checksum = XXH3-64 of everything after it, seeded by the seq: a row under another's key fails
inline constexpr std::size_t row_head_bytes = 29;

/// Whether every field is within limits.h and the fields fit together.
/// Errors: `too_large` names the field, its size and the limit; `invalid` names the rule.
[[nodiscard]] Result<void> check_event(const Event& event);

/// The exact size of the event's row. Precondition: check_event() passed.
[[nodiscard]] std::size_t row_bytes(const Event& event) noexcept;

/// Writes the row, exactly row_bytes(event) bytes.
void encode_row(const Event& event, std::uint8_t* to) noexcept;

/// Reads a row, which may be damaged or hostile, that was found under the key `seq`. The views of
/// `event` point into `row`. Returns false for a kind that this version does not know: only seq,
/// kind and witness_us are set then.
/// Errors: `corrupt` names the seq and both checksums, or what is malformed.
[[nodiscard]] Result<bool> decode_row(ByteView row, Seq seq, Event& event);

}  // namespace refold::log
