#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace refold::view {

/// A set of rows as 128 bits that do not depend on their order: the sum, modulo 2^128, of the
/// XXH3-128 (seed 0) of each row, which is the table's name, the key and the row, each after its
/// length as a little-endian u32. Adding a row and taking it back leaves what was. Finds accidents
/// and bugs, not intent.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void add(Digest other) noexcept;
  void subtract(Digest other) noexcept;
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// The digest of one row.
[[nodiscard]] Digest digest_of(std::string_view table, ByteView key, ByteView row);
using refold::text_of;
/// 32 hexadecimal digits, the high ones first.
[[nodiscard]] std::string text_of(Digest digest);

}  // namespace refold::view
