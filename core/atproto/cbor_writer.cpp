#include "core/atproto/cbor_writer.h"

#include "core/atproto/cbor_major.h"
#include "core/base/assert.h"

namespace refold::atproto::cbor {
namespace {

/// Tag 42, a byte string of 37, the zero before the CID.
constexpr std::uint8_t link_start[] = {0xd8, 42, 0x58, 1 + cid_bytes_length, 0x00};

}  // namespace

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto top = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    out_.push_back(static_cast<std::uint8_t>(top | argument));
    return;
  }
  const unsigned width_log = argument <= 0xff      ? 0
                             : argument <= 0xffff  ? 1
                             : argument >> 32 == 0 ? 2
                                                   : 3;
  const std::size_t width = std::size_t{1} << width_log;
  std::uint8_t bytes[9];
  bytes[0] = static_cast<std::uint8_t>(top | (24 + width_log));
  store_be64(bytes + 1, argument << (64 - 8 * width));
  out_.insert(out_.end(), bytes, bytes + 1 + width);
}

void Writer::start_value() {
  REFOLD_ASSERT(!finished_, "a second value was written");
  if (depth_ == 0) return;
  Level& level = levels_[depth_ - 1];
  REFOLD_ASSERT(!level.is_map || level.left % 2 == 1, "a value was written without its key");
  --level.left;
}

void Writer::close_full_levels() noexcept {
  while (depth_ > 0 && levels_[depth_ - 1].left == 0) --depth_;
  finished_ = depth_ == 0;
}

void Writer::key(std::string_view value) {
  REFOLD_ASSERT(depth_ > 0, "a key was written outside a map");
  Level& level = levels_[depth_ - 1];
  REFOLD_ASSERT(level.is_map && level.left % 2 == 0, "a key was written in place of a value");
  if (level.key_offset != 0) {
    const std::string_view last{reinterpret_cast<const char*>(out_.data()) + level.key_offset,
                                level.key_size};
    REFOLD_ASSERT(canonical_key_less(last, value), "map keys were written out of order");
  }
  head(major_text, value.size());
  level.key_offset = out_.size();
  level.key_size = value.size();
  --level.left;
  append(out_, bytes_of(value));
}

void Writer::open(std::uint64_t items, bool is_map) {
  REFOLD_ASSERT(depth_ < depth_max, "a value was written deeper than depth_max");
  levels_[depth_++] = {items, 0, 0, is_map};
  close_full_levels();
}

void Writer::unsigned_integer(std::uint64_t value) {
  start_value();
  head(major_unsigned, value);
  close_full_levels();
}

void Writer::integer(std::int64_t value) {
  start_value();
  const auto bits = static_cast<std::uint64_t>(value);
  head(value < 0 ? major_negative : major_unsigned, value < 0 ? ~bits : bits);
  close_full_levels();
}

void Writer::bytes(ByteView value) {
  start_value();
  head(major_bytes, value.size());
  append(out_, value);
  close_full_levels();
}

void Writer::text(std::string_view value) {
  start_value();
  head(major_text, value.size());
  append(out_, bytes_of(value));
  close_full_levels();
}

void Writer::boolean(bool value) {
  start_value();
  out_.push_back(value ? 0xf5 : 0xf4);
  close_full_levels();
}

void Writer::null() {
  start_value();
  out_.push_back(0xf6);
  close_full_levels();
}

void Writer::link(const Cid& value) {
  start_value();
  append(out_, ByteView{link_start});
  append(out_, ByteView{to_bytes(value)});
  close_full_levels();
}

void Writer::array(std::uint64_t count) {
  start_value();
  head(major_array, count);
  open(count, false);
}

void Writer::map(std::uint64_t pairs) {
  start_value();
  head(major_map, pairs);
  open(pairs * 2, true);
}

}  // namespace refold::atproto::cbor
