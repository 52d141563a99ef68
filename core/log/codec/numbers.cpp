#include "core/log/codec/numbers.h"

#include <algorithm>
#include <array>
#include <bit>

namespace refold::log::codec {
namespace {

constexpr std::uint64_t direct_max = 8;  // numbers below are their own class
constexpr unsigned kept_bits = 3;        // of a larger one: the highest bit and the two below it
constexpr std::size_t class_count = 252;
constexpr unsigned load_bits = 56;  // what one unaligned 8-byte load gives at any bit offset

enum Mode : std::uint8_t { constant = 0, coded = 1 };

struct Class {
  std::uint64_t base;
  std::uint64_t mask;
  unsigned bits;
};

constexpr std::array<Class, class_count> make_classes() {
  std::array<Class, class_count> classes{};
  for (std::size_t i = 0; i < class_count; ++i) {
    if (i < direct_max) {
      classes[i] = {i, 0, 0};
      continue;
    }
    const auto bits = static_cast<unsigned>((i - direct_max) / 4 + 1);
    const std::uint64_t top = 4 + (i - direct_max) % 4;
    classes[i] = {top << bits, (std::uint64_t{1} << bits) - 1, bits};
  }
  return classes;
}
constexpr std::array<Class, class_count> classes = make_classes();

void put_number(std::uint64_t value, Bytes& to, BitWriter& bits) {
  if (value < direct_max) {
    to.push_back(static_cast<std::uint8_t>(value));
    return;
  }
  const auto low = static_cast<unsigned>(std::bit_width(value)) - kept_bits;
  to.push_back(static_cast<std::uint8_t>(direct_max + (low - 1) * 4 + ((value >> low) & 3)));
  bits.put(value & ((std::uint64_t{1} << low) - 1), low);
}

}  // namespace

void BitWriter::put(std::uint64_t value, unsigned bits) {
  if (bits > 32) {
    put(value & 0xffffffff, 32);
    value >>= 32;
    bits -= 32;
  }
  pending_ |= value << pending_bits_;
  pending_bits_ += bits;
  while (pending_bits_ >= 8) {
    bytes_.push_back(static_cast<std::uint8_t>(pending_));
    pending_ >>= 8;
    pending_bits_ -= 8;
  }
}

Bytes BitWriter::finish() {
  if (pending_bits_ > 0) bytes_.push_back(static_cast<std::uint8_t>(pending_));
  bytes_.resize(bytes_.size() + bit_padding_bytes, 0);
  pending_ = 0;
  pending_bits_ = 0;
  return std::move(bytes_);
}

void BitWriter::clear() {
  bytes_.clear();
  pending_ = 0;
  pending_bits_ = 0;
}

void put_column(std::span<const std::uint64_t> values, Bytes& to, BitWriter& bits) {
  put_varint(to, values.size());
  if (values.empty()) return;
  if (std::all_of(values.begin(), values.end(), [&](auto v) { return v == values.front(); })) {
    to.push_back(Mode::constant);
    put_varint(to, values.front());
    return;
  }
  to.push_back(Mode::coded);
  for (const std::uint64_t value : values) put_number(value, to, bits);
}

ColumnReader::ColumnReader(ByteView class_stream, ByteView bits) noexcept
    : classes_(class_stream), bits_(bits) {
  if (bits.size() >= bit_padding_bytes) bit_end_ = (bits.size() - bit_padding_bytes) * 8;
}

bool ColumnReader::next(std::vector<std::uint64_t>& values, std::size_t count_max) {
  const std::uint64_t count = classes_.varint();
  if (classes_.failed() || count > count_max || bits_.size() < bit_padding_bytes) return false;
  values.resize(count);
  if (count == 0) return true;
  const auto mode = classes_.fixed<std::uint8_t>();
  if (mode == Mode::constant) {
    std::fill(values.begin(), values.end(), classes_.varint());
    return !classes_.failed();
  }
  const ByteView stream = classes_.bytes(count);
  if (classes_.failed() || mode != Mode::coded) return false;
  std::uint64_t bit = bit_;
  for (std::size_t i = 0; i < count; ++i) {
    if (stream[i] >= class_count) return false;
    const Class& c = classes[stream[i]];
    if (bit > bit_end_) return false;
    std::uint64_t low = load_le<std::uint64_t>(bits_.data() + bit / 8) >> (bit % 8);
    if (c.bits > load_bits) {
      if (bit + load_bits > bit_end_) return false;
      const std::uint64_t at = bit + load_bits;
      low &= (std::uint64_t{1} << load_bits) - 1;
      low |= load_le<std::uint64_t>(bits_.data() + at / 8) >> (at % 8) << load_bits;
    }
    values[i] = c.base + (low & c.mask);
    bit += c.bits;
  }
  bit_ = bit;
  return bit <= bit_end_;
}

}  // namespace refold::log::codec
