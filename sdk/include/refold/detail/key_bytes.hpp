#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "refold/bytes.hpp"

/// What keys are written and read with (key.hpp).
namespace refold::detail {

/// What is left of a key being read.
struct KeyInput {
  const std::uint8_t* at;
  const std::uint8_t* end;
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
};

template <class Unsigned>
void write_big_endian(Buffer& out, Unsigned value) {
  std::uint8_t* const at = out.extend(sizeof value);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    at[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof value - 1 - i)));
  }
}

template <class Unsigned>
bool read_big_endian(KeyInput& in, Unsigned& value) noexcept {
  if (in.left() < sizeof value) return false;
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) read = read << 8 | in.at[i];
  in.at += sizeof value;
  value = static_cast<Unsigned>(read);
  return true;
}

/// How many bytes stand before the first 00 or 01.
inline std::size_t plain_length(const std::uint8_t* at, std::size_t size) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::size_t length = 0;
  for (std::uint64_t eight = 0; size - length >= sizeof eight; length += sizeof eight) {
    std::memcpy(&eight, at + length, sizeof eight);
    if (((eight - each * 2) & ~eight & each * 0x80) != 0) break;
  }
  while (length < size && at[length] > 1) ++length;
  return length;
}

inline void write_escaped(Buffer& out, ByteView bytes) {
  while (true) {
    const std::size_t plain = plain_length(bytes.data(), bytes.size());
    out.append(bytes.first(plain));
    if (plain == bytes.size()) return;
    out.push(1);
    out.push(static_cast<std::uint8_t>(bytes[plain] + 1));
    bytes = bytes.subspan(plain + 1);
  }
}

/// Appends to `text`, a std::string or Bytes.
template <class Text>
bool read_escaped(KeyInput& in, Text& text) {
  while (in.at != in.end) {
    const std::uint8_t* const from = in.at;
    in.at += plain_length(in.at, in.left());
    text.insert(text.end(), from, in.at);
    if (in.at == in.end) return false;
    if (*in.at++ == 0) return true;
    if (in.at == in.end || *in.at < 1 || *in.at > 2) return false;
    text.push_back(static_cast<typename Text::value_type>(*in.at++ - 1));
  }
  return false;
}

}  // namespace refold::detail
