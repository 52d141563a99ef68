#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "refold/bytes.hpp"

namespace refold::detail {

/// Base64 without padding, as the AT Protocol writes bytes in JSON.
inline void append_base64(std::string& out, ByteView bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    count += 8;
    for (; count >= 6; count -= 6) out += alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
}

}  // namespace refold::detail
