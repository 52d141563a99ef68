#pragma once

#include <cstdint>

namespace refold::atproto::cbor {

/// The major types (RFC 8949, 3.1).
enum Major : std::uint8_t {
  major_unsigned,
  major_negative,
  major_bytes,
  major_text,
  major_array,
  major_map,
  major_tag,
};

}  // namespace refold::atproto::cbor
