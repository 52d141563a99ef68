#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"

namespace refold::atproto::lanes {

/// Five-bit digits in the bytes of a word: what makes base32 and TIDs fast without tables, branches
/// or instructions that not every machine has. A word holds eight digits or eight characters as
/// they lie in memory, the first one in its lowest byte. A pair is two words that are worked on at
/// once.
using Word = std::uint64_t;
using Pair __attribute__((vector_size(16))) = std::uint64_t;

constexpr std::uint64_t each(std::uint8_t byte) noexcept { return 0x0101010101010101U * byte; }

/// 40 bits (of each word) -> eight digits (0 to 31), the highest bits first. Halves that swap
/// places lie in lanes of their own, so that what is shifted down needs no mask.
[[nodiscard]] inline Pair spread(Pair bits) noexcept {
  using Twenty __attribute__((vector_size(16))) = std::uint32_t;
  using Ten __attribute__((vector_size(16))) = std::uint16_t;
  const auto twenties = std::bit_cast<Twenty>((bits << 32 & 0x000fffff00000000U) | bits >> 20);
  const auto tens = std::bit_cast<Ten>((twenties << 16 & 0x03ff0000U) | twenties >> 10);
  return std::bit_cast<Pair>((tens << 8 & 0x1f00U) | tens >> 5);
}

/// Eight digits (0 to 31) -> 40 bits.
template <class W>
[[nodiscard]] constexpr W gather(W digits) noexcept {
  digits = ((digits & 0x001f001f001f001fU) << 5) | ((digits >> 8) & 0x001f001f001f001fU);
  digits = ((digits & 0x000003ff000003ffU) << 10) | ((digits >> 16) & 0x000003ff000003ffU);
  return ((digits & 0xfffff) << 20) | (digits >> 32);
}

/// Two alphabets of 32 characters, each a run of letters and a run of digits:
/// base32 (`a-z2-7`: letters first) and base32-sortable (`2-7a-z`: digits first).
enum class Alphabet : std::uint8_t { base32, sortable };

template <Alphabet Letters>
[[nodiscard]] inline Pair to_characters(Pair digits) noexcept {
  using Digits __attribute__((vector_size(16))) = signed char;
  constexpr bool letters_first = Letters == Alphabet::base32;
  constexpr signed char first_run = letters_first ? 26 : 6;
  constexpr signed char first = letters_first ? 'a' : '2';
  constexpr signed char gap = letters_first ? '2' - ('a' + 26) : 'a' - ('2' + 6);
  const auto of_each = std::bit_cast<Digits>(digits);
  return std::bit_cast<Pair>(of_each + first + ((of_each >= first_run) & gap));
}

/// Turns a 1 in a byte into 0x7f: a mask for constants below 0x80.
template <class W>
[[nodiscard]] constexpr W widened(W ones) noexcept {
  return (ones << 7) - ones;
}

/// Eight characters -> eight digits. High bits set in `bad` tell that a character was not in the
/// alphabet (other bits mean nothing); the digits are then meaningless.
template <Alphabet Letters, class W>
[[nodiscard]] constexpr W to_digits(W characters, W& bad) noexcept {
  // Bit 6 tells letters from digits. Each must then lie in its range: 'a' to 'z', or '2' to '7'.
  // (A byte beyond ASCII fails one test or the other, and a carry comes only out of one that
  // fails.)
  const W is_letter = widened((characters >> 6) & each(1));
  const W from_first = characters + each(0x80 - '2') - (is_letter & each('a' - '2'));
  const W past_last = characters + each(0x7f - '7') - (is_letter & each('z' - '7'));
  bad |= ~from_first | past_last;
  if constexpr (Letters == Alphabet::base32) {
    return characters - each('2' - 26) - (is_letter & each('a' + 26 - '2'));
  } else {
    return characters - each('2') - (is_letter & each('a' - 6 - '2'));
  }
}
[[nodiscard]] constexpr bool any_bad(Word bad) noexcept { return (bad & each(0x80)) != 0; }
[[nodiscard]] inline bool any_bad(Pair bad) noexcept { return any_bad(bad[0] | bad[1]); }

/// The characters of a word (8) or pair (16) in memory, at any alignment.
template <class W>
[[nodiscard]] inline W load(const char* from) noexcept {
  W characters;
  std::memcpy(&characters, from, sizeof characters);
  return characters;
}
template <class W>
inline void store(char* to, W characters) noexcept {
  std::memcpy(to, &characters, sizeof characters);
}

/// Characters in memory -> 40 bits (of each word), and back.
template <Alphabet Letters, class W>
[[nodiscard]] inline W decode(const char* from, W& bad) noexcept {
  return gather(to_digits<Letters>(load<W>(from), bad));
}
template <Alphabet Letters>
[[nodiscard]] inline Pair encode(Pair bits) noexcept {
  return to_characters<Letters>(spread(bits));
}

}  // namespace refold::atproto::lanes
