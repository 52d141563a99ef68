#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"

namespace refold {

/// Unsigned LEB128, at most 10 bytes: the form of every length and count in our formats.
inline void put_varint(Bytes& to, std::uint64_t value) {
  while (value >= 0x80) {
    to.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  to.push_back(static_cast<std::uint8_t>(value));
}

/// Signed values with small magnitudes as small unsigned ones: 0, -1, 1, -2, ...
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

/// Reads what the functions above and store_le wrote, from bytes that may be hostile.
///
/// A read past the end (or an over-long varint) sets failed() for good and yields zeros and empty
/// views, so a decoder may read a whole structure and ask once. Views point into the input.
class WireReader {
 public:
  explicit WireReader(ByteView input) noexcept
      : at_(input.data()), end_(input.data() + input.size()) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// Everything was read, and nothing beyond.
  [[nodiscard]] bool finished() const noexcept { return !failed_ && at_ == end_; }
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  template <class Integer>
  [[nodiscard]] Integer fixed() noexcept {
    if (left() < sizeof(Integer)) return fail<Integer>();
    const Integer value = load_le<Integer>(at_);
    at_ += sizeof(Integer);
    return value;
  }

  [[nodiscard]] std::uint64_t varint() noexcept {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint8_t byte = *at_++;
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail<std::uint64_t>();
  }

  [[nodiscard]] ByteView bytes(std::uint64_t count) noexcept {
    if (left() < count) return fail<ByteView>();
    const ByteView view{at_, static_cast<std::size_t>(count)};
    at_ += count;
    return view;
  }

  /// A varint length of at most `length_max`, then that many bytes.
  [[nodiscard]] ByteView sized(std::uint64_t length_max) noexcept {
    const std::uint64_t length = varint();
    return length > length_max ? fail<ByteView>() : bytes(length);
  }
  [[nodiscard]] std::string_view sized_text(std::uint64_t length_max) noexcept {
    return text_of(sized(length_max));
  }

 private:
  template <class T>
  T fail() noexcept {
    failed_ = true;
    at_ = end_;
    return T{};
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

inline void put_sized(Bytes& to, ByteView value) {
  put_varint(to, value.size());
  append(to, value);
}
inline void put_sized(Bytes& to, std::string_view text) { put_sized(to, bytes_of(text)); }

template <class Integer>
void put_fixed(Bytes& to, Integer value) {
  const std::size_t at = to.size();
  to.resize(at + sizeof value);
  store_le(to.data() + at, value);
}

}  // namespace refold
