#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace refold::detail {

/// The length of the UTF-8 character at `at`, 1 to 4; 0 if there is none. `left` is at least 1.
inline std::size_t utf8_length(const std::uint8_t* at, std::size_t left) noexcept {
  const std::uint8_t first = at[0];
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || left < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at[i] & 0xC0U) != 0x80) return 0;
  }
  if (first == 0xE0 && at[1] < 0xA0) return 0;  // has a shorter form
  if (first == 0xED && at[1] > 0x9F) return 0;  // half of a surrogate pair
  if (first == 0xF0 && at[1] < 0x90) return 0;  // has a shorter form
  if (first == 0xF4 && at[1] > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

inline bool valid_utf8(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    std::uint64_t eight = 0;
    if (left >= sizeof eight) {
      std::memcpy(&eight, at, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        at += sizeof eight;
        left -= sizeof eight;
        continue;
      }
    }
    const std::size_t length = utf8_length(at, left);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

}  // namespace refold::detail
