#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace refold::atproto {

/// Whether `text` is valid UTF-8 (so without surrogates). Short ASCII, the common case, stays
/// inline.
[[nodiscard]] inline bool valid_utf8(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0;
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    seen |= word;
  }
  for (; left > 0; --left, ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & high_bits) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace refold::atproto
