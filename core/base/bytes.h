#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace refold {

/// Bytes that somebody else owns; the owner is named where one is handed out.
using ByteView = std::span<const std::uint8_t>;
/// Bytes owned.
using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] inline ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline bool equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline void append(Bytes& to, ByteView what) { to.insert(to.end(), what.begin(), what.end()); }

/// Little-endian integers at any alignment. (All of our formats are little-endian unless a key.)
template <class Integer>
requires std::is_integral_v<Integer>
[[nodiscard]] Integer load_le(const std::uint8_t* from) noexcept {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class Integer>
requires std::is_integral_v<Integer>
void store_le(std::uint8_t* to, Integer value) noexcept { std::memcpy(to, &value, sizeof value); }
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "formats are written as they lie in memory");

/// Big-endian integers, for keys that must sort by value.
inline void store_be64(std::uint8_t* to, std::uint64_t value) noexcept {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}
[[nodiscard]] inline std::uint64_t load_be64(const std::uint8_t* from) noexcept {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex(ByteView bytes);

}  // namespace refold
