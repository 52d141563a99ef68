#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace refold::atproto {

constexpr std::size_t tid_text_length = 13;
/// The largest time and clock of a TID.
constexpr std::uint64_t tid_micros_max = (std::uint64_t{1} << 53) - 1;
constexpr unsigned tid_clock_id_max = 1023;

/// A timestamp identifier: repo revisions, most record keys (specs/tid).
///
/// 63 bits: microseconds since 1970 (53), clock id (10). Values order as their texts do.
struct Tid {
  std::uint64_t value = 0;

  [[nodiscard]] constexpr std::uint64_t micros() const noexcept { return value >> 10; }
  [[nodiscard]] constexpr unsigned clock_id() const noexcept {
    return static_cast<unsigned>(value & tid_clock_id_max);
  }

  friend constexpr bool operator==(const Tid&, const Tid&) = default;
  friend constexpr std::strong_ordering operator<=>(const Tid& a, const Tid& b) noexcept {
    return a.value <=> b.value;
  }
};

/// Reads 13 characters of base32-sortable (`2-7a-z`). None for anything else, and for texts from
/// "c222222222222" on: those have the top bit set, which the format keeps at zero. (The syntax
/// alone would let the first character go up to 'j'.)
[[nodiscard]] std::optional<Tid> parse_tid(std::string_view text) noexcept;

/// Writes 13 characters; parse_tid reads them back. The top bit of the value must be clear.
void write_text(Tid tid, char* out13) noexcept;
[[nodiscard]] std::string to_text(Tid tid);

/// The TID of a time and a clock, each at most its maximum above (higher bits are cut off).
[[nodiscard]] constexpr Tid make_tid(std::uint64_t micros, unsigned clock_id) noexcept {
  return {(micros & tid_micros_max) << 10 | (clock_id & tid_clock_id_max)};
}

}  // namespace refold::atproto
