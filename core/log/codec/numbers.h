#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/wire.h"

namespace refold::log::codec {

/// Columns of unsigned numbers, most of them small or close to each other in size.
///
/// A number is a class byte and some raw bits. Numbers below 8 are their own class; others have a
/// class for their bit width and the two bits below the highest, and keep the remaining
/// (width - 3) bits as they are. The class bytes of all columns go into one stream, which
/// compresses well; the raw bits, which do not, into another that is stored. An outlier costs its
/// own bits only. A column of one repeated value is stored once.

/// Writes raw bits, lowest first, into whole bytes.
class BitWriter {
 public:
  void put(std::uint64_t value, unsigned bits);
  /// The bytes so far, the last one padded with zeros, plus 8 zero bytes that readers may touch.
  [[nodiscard]] Bytes finish();
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  void clear();

 private:
  Bytes bytes_;
  std::uint64_t pending_ = 0;
  unsigned pending_bits_ = 0;
};
inline constexpr std::size_t bit_padding_bytes = 8;

/// Appends one column to the class stream and the bits.
void put_column(std::span<const std::uint64_t> values, Bytes& classes, BitWriter& bits);

/// Reads columns back, in the order they were put.
class ColumnReader {
 public:
  /// `bits` ends with bit_padding_bytes bytes of padding.
  ColumnReader(ByteView classes, ByteView bits) noexcept;

  /// Replaces `values` with the next column. Returns false for bytes that no writer made, or a
  /// column of more than `count_max` numbers; `values` is then unspecified.
  [[nodiscard]] bool next(std::vector<std::uint64_t>& values, std::size_t count_max);
  /// Everything was read.
  [[nodiscard]] bool finished() const noexcept { return classes_.finished(); }

 private:
  WireReader classes_;
  ByteView bits_;
  std::uint64_t bit_ = 0;      // the next bit
  std::uint64_t bit_end_ = 0;  // the first bit of the padding
};

}  // namespace refold::log::codec
