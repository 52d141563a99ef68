#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/base/bytes.h"

namespace refold::view {

/// A set of rows as 128 bits that do not depend on their order: the sum, modulo 2^128, of the
/// XXH3-128 of each row (table name, key and row, each after its length). Adding a row and taking it
/// back leaves what was. Finds accidents and bugs, not intent.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void add(Digest other) noexcept;
  void subtract(Digest other) noexcept;
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// The digest of one row.
[[nodiscard]] Digest digest_of(std::string_view table, ByteView key, ByteView row) noexcept;
/// 32 hexadecimal digits.
[[nodiscard]] std::string text_of(Digest digest);

}  // namespace refold::view
