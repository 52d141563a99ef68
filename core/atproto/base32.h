#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace refold::atproto {

/// RFC 4648 base32 in lower case without padding: the text form of CIDs and of did:plc identifiers.
///
/// Everything here is safe on hostile input; nothing allocates except to_base32. The alphabet is
/// `a-z2-7`, upper case is refused, and so are trailing bits that are not zero.

/// The identifier of a did:plc (what follows `did:plc:`) as text and as bytes.
constexpr std::size_t plc_text_length = 24;
constexpr std::size_t plc_bytes_length = 15;

/// Writes the 24 characters of 15 bytes.
void write_plc(const std::uint8_t* in15, char* out24) noexcept;

/// Reads 24 characters into 15 bytes; false (and `out15` unspecified) if one is not in the
/// alphabet. What it reads, write_plc writes back to the same characters.
[[nodiscard]] bool read_plc(const char* in24, std::uint8_t* out15) noexcept;

/// The base32 text of any bytes.
[[nodiscard]] std::string to_base32(ByteView bytes);

/// Appends the bytes of `text` to `out`; false, with `out` as it was, if it is not canonical
/// base32.
[[nodiscard]] bool read_base32(std::string_view text, Bytes& out);

}  // namespace refold::atproto
