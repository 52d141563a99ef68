#include "core/atproto/cbor_reader.h"

#include <algorithm>
#include <cstring>

#include "core/atproto/cbor.h"
#include "core/atproto/cbor_major.h"
#include "core/atproto/utf8.h"

namespace refold::atproto::cbor {
namespace {

constexpr std::uint64_t tag_link = 42;
constexpr std::uint8_t head_false = 0xf4;
constexpr std::uint8_t head_true = 0xf5;
constexpr std::uint8_t head_null = 0xf6;
/// A link is a byte string of a zero (the "identity" multibase) and the CID's bytes.
constexpr std::uint8_t link_heads[3] = {0x58, 1 + cid_bytes_length, 0x00};

}  // namespace

Cid Item::link() const noexcept {
  Cid cid;
  (void)read_bytes(view, cid);
  return cid;
}

Reader::Reader(ByteView input, Limits limits) noexcept
    : input_(input),
      at_(input.data()),
      end_(input.data() + std::min(input.size(), limits.bytes_max)),
      item_at_(at_),
      depth_max_(std::min(limits.depth_max, cbor::depth_max)) {}

bool Reader::fail(Rule rule, std::uint64_t detail) noexcept {
  // What ends beyond `bytes_max` is too large; what ends beyond the input is cut off.
  const bool over_limit = rule == Rule::truncated && end_ != input_.data() + input_.size();
  rule_ = over_limit ? Rule::size : rule;
  detail_ = over_limit ? static_cast<std::uint64_t>(end_ - input_.data()) : detail;
  return false;
}

bool Reader::read_argument(std::uint8_t head, std::uint64_t& argument) noexcept {
  const std::uint8_t info = head & 31;
  if (info < 24) {
    argument = info;
    return true;
  }
  if (info > 27) {
    return fail(info == 31 ? Rule::indefinite_length : Rule::reserved_head, head);
  }
  const std::size_t width = std::size_t{1} << (info - 24);
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (left < width) return fail(Rule::truncated, width - left);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | at_[i];
  at_ += width;
  const bool shortest = info == 24 ? value >= 24 : (value >> (width * 4)) != 0;
  if (!shortest) return fail(Rule::shortest_form, value);
  argument = value;
  return true;
}

bool Reader::read_view(std::uint64_t size, ByteView& view) noexcept {
  const auto left = static_cast<std::uint64_t>(end_ - at_);
  if (size > left) return fail(Rule::truncated, size - left);
  view = {at_, static_cast<std::size_t>(size)};
  at_ += size;
  return true;
}

bool Reader::read_text(std::uint64_t size, Item& item) noexcept {
  item.type = Type::text;
  item.value = size;
  if (!read_view(size, item.view)) return false;
  return valid_utf8(item.text()) || fail(Rule::utf8);
}

bool Reader::read_key(Level& level, Item& item) noexcept {
  const std::uint8_t head = *at_++;
  std::uint64_t size = 0;
  if (head >> 5 != major_text) return fail(Rule::key_type, head);
  if (!read_argument(head, size) || !read_text(size, item)) return false;
  if (level.key != nullptr) {
    const std::string_view last{reinterpret_cast<const char*>(level.key), level.key_size};
    if (!canonical_key_less(last, item.text())) {
      return fail(last == item.text() ? Rule::key_repeated : Rule::key_order);
    }
  }
  level.key = item.view.data();
  level.key_size = item.view.size();
  return true;
}

bool Reader::read_tag(std::uint64_t tag, Item& item) noexcept {
  if (tag != tag_link) return fail(Rule::tag, tag);
  constexpr std::size_t length = sizeof link_heads + cid_bytes_length;
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (left < length) return fail(Rule::truncated, length - left);
  Cid cid;
  item.type = Type::link;
  item.view = {at_ + sizeof link_heads, cid_bytes_length};
  if (std::memcmp(at_, link_heads, sizeof link_heads) != 0 || !read_bytes(item.view, cid)) {
    return fail(Rule::link);
  }
  at_ += length;
  return true;
}

bool Reader::read_simple(std::uint8_t head, Item& item) noexcept {
  if (head == head_null) {
    item.type = Type::null;
    return true;
  }
  if (head == head_false || head == head_true) {
    item.type = Type::boolean;
    item.value = head - head_false;
    return true;
  }
  const std::uint8_t info = head & 31;
  if (info >= 25 && info <= 27) return fail(Rule::float_value);
  if (info == 31) return fail(Rule::indefinite_length, head);
  if (info >= 28) return fail(Rule::reserved_head, head);
  if (info == 24 && at_ == end_) return fail(Rule::truncated, 1);
  return fail(Rule::simple_value, info == 24 ? *at_ : info);
}

bool Reader::open(std::uint64_t count, bool is_map) noexcept {
  const std::uint64_t per_entry = is_map ? 2 : 1;
  const auto left = static_cast<std::uint64_t>(end_ - at_);
  // Each item takes a byte at least: no count may promise more than the input can hold.
  if (count > left / per_entry) return fail(Rule::truncated, count > left ? count - left : 1);
  if (depth_ == depth_max_) return fail(Rule::depth, depth_max_);
  levels_[depth_++] = {count * per_entry, nullptr, 0, is_map};
  return true;
}

bool Reader::read_value(Item& item) noexcept {
  const std::uint8_t head = *at_++;
  const std::uint8_t major = head >> 5;
  if (major == 7) return read_simple(head, item);
  std::uint64_t argument = 0;
  if (!read_argument(head, argument)) return false;
  item.value = argument;
  switch (major) {
    case major_negative:
      if (argument >> 63 != 0) return fail(Rule::below_int64, argument);
      item.type = Type::negative_integer;
      item.value = ~argument;
      return true;
    case major_bytes: item.type = Type::bytes; return read_view(argument, item.view);
    case major_text: return read_text(argument, item);
    case major_array: item.type = Type::array; return open(argument, false);
    case major_map: item.type = Type::map; return open(argument, true);
    case major_tag: return read_tag(argument, item);
    default: item.type = Type::unsigned_integer; return true;
  }
}

void Reader::close_full_levels() noexcept {
  while (depth_ > 0 && levels_[depth_ - 1].left == 0) --depth_;
  finished_ = depth_ == 0;
}

bool Reader::next(Item& item) noexcept {
  if (finished_ || failed()) return false;
  item_at_ = at_;
  item.view = {};
  if (at_ == end_) return fail(Rule::truncated, 1);
  if (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    --level.left;
    // A map counts its pairs twice, so an odd rest means that a key was just taken off.
    if (level.is_map && level.left % 2 == 1) return read_key(level, item);
  }
  if (!read_value(item)) return false;
  close_full_levels();
  return true;
}

bool Reader::skip() noexcept {
  const std::uint32_t depth = depth_;
  Item item;
  if (!next(item)) return false;
  if (item.type != Type::array && item.type != Type::map) return true;
  while (!finished_ && depth_ > depth) {
    if (!next(item)) return false;
  }
  return true;
}

}  // namespace refold::atproto::cbor
