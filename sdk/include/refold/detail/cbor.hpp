#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "refold/bytes.hpp"
#include "refold/detail/utf8.hpp"

/// Reading DAG-CBOR as the AT Protocol uses it, without copies. The bytes are taken for hostile:
/// nothing is read beyond the end, nothing nests deeper than `depth_max`, and no head passes that a
/// canonical writer would not have written. Functions return false at the first fault, and the
/// cursor is then of no use.
namespace refold::detail::cbor {

/// Maps and arrays inside one another, at most.
inline constexpr unsigned depth_max = 128;

/// The kinds of items, as in their first three bits.
enum class Major : std::uint8_t {
  unsigned_integer = 0,
  negative_integer = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6,
  simple = 7,
};
inline constexpr std::uint64_t simple_false = 20;
inline constexpr std::uint64_t simple_true = 21;
inline constexpr std::uint64_t simple_null = 22;
inline constexpr std::uint64_t tag_link = 42;
/// A link is a byte string: a zero, and the 36 bytes of a CID.
inline constexpr std::size_t link_bytes = 37;

struct Head {
  Major major{};
  std::uint64_t argument = 0;
};

/// What is left to read.
struct Cursor {
  const std::uint8_t* at = nullptr;
  const std::uint8_t* end = nullptr;

  Cursor() = default;
  explicit Cursor(ByteView bytes) noexcept : at(bytes.data()), end(bytes.data() + bytes.size()) {}
  Cursor(const std::uint8_t* from, const std::uint8_t* to) noexcept : at(from), end(to) {}
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
};

/// The argument of a head whose first byte says that it follows in 1, 2, 4 or 8 bytes.
inline bool read_long_argument(Cursor& cursor, unsigned low, std::uint64_t& argument) noexcept {
  if (low > 27) return false;  // reserved, or of indefinite length
  const std::size_t size = std::size_t{1} << (low - 24);
  if (cursor.left() < size) return false;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | cursor.at[i];
  cursor.at += size;
  argument = value;
  constexpr std::uint64_t least[] = {24, 0x100, 0x10000, 0x100000000};
  return value >= least[low - 24];  // else it has a shorter form
}

inline bool read_head(Cursor& cursor, Head& head) noexcept {
  if (cursor.at == cursor.end) return false;
  const std::uint8_t first = *cursor.at++;
  head.major = static_cast<Major>(first >> 5);
  const unsigned low = first & 31U;
  if (head.major == Major::simple) {
    head.argument = low;
    return low >= simple_false && low <= simple_null;
  }
  if (low < 24) {
    head.argument = low;
  } else if (!read_long_argument(cursor, low, head.argument)) {
    return false;
  }
  switch (head.major) {
    case Major::unsigned_integer: return true;
    case Major::negative_integer: return head.argument <= INT64_MAX;
    case Major::map: return head.argument <= cursor.left() / 2;
    case Major::tag: return head.argument == tag_link;
    default: return head.argument <= cursor.left();
  }
}

/// The bytes of a text or byte string whose head was just read.
inline ByteView take(Cursor& cursor, const Head& head) noexcept {
  const ByteView bytes(cursor.at, static_cast<std::size_t>(head.argument));
  cursor.at += bytes.size();
  return bytes;
}

/// The 36 bytes of a CID, behind the head of its tag: version 1, raw or dag-cbor, SHA-256.
inline bool read_link(Cursor& cursor, ByteView& cid) noexcept {
  Head head;
  if (!read_head(cursor, head) || head.major != Major::bytes || head.argument != link_bytes) {
    return false;
  }
  const ByteView link = take(cursor, head);
  cid = link.subspan(1);
  return link[0] == 0 && link[1] == 1 && (link[2] == 0x55 || link[2] == 0x71) && link[3] == 0x12 &&
         link[4] == 32;
}

inline bool read_key(Cursor& cursor, std::string_view& key) noexcept {
  Head head;
  if (!read_head(cursor, head) || head.major != Major::text) return false;
  key = text_of(take(cursor, head));
  return true;
}

/// The order of keys in a map: shorter first, then bytewise.
inline int compare_keys(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size());
}

/// Passes over one item with all that is in it. `depth`: how many maps and arrays it is in.
inline bool skip(Cursor& cursor, unsigned depth = 0) noexcept {
  Head head;
  if (!read_head(cursor, head)) return false;
  switch (head.major) {
    case Major::bytes:
    case Major::text: take(cursor, head); return true;
    case Major::array:
      if (depth >= depth_max) return false;
      for (std::uint64_t i = 0; i < head.argument; ++i) {
        if (!skip(cursor, depth + 1)) return false;
      }
      return true;
    case Major::map:
      if (depth >= depth_max) return false;
      for (std::uint64_t i = 0; i < head.argument; ++i) {
        std::string_view key;
        if (!read_key(cursor, key) || !skip(cursor, depth + 1)) return false;
      }
      return true;
    case Major::tag: {
      ByteView cid;
      return read_link(cursor, cid);
    }
    default: return true;
  }
}

/// A text, if it is UTF-8.
inline bool read_text(Cursor& cursor, std::string_view& text) noexcept {
  return read_key(cursor, text) && valid_utf8(text);
}

/// Finds values in one map by their names, in any order; fastest in the order of the map's keys.
class MapReader {
 public:
  /// Reads the map's head. `depth`: how many maps and arrays the map is in.
  bool open(Cursor& cursor, unsigned depth) noexcept {
    Head head;
    if (depth >= depth_max || !read_head(cursor, head) || head.major != Major::map) return false;
    first_ = at_ = cursor.at;
    end_ = cursor.end;
    count_ = left_ = head.argument;
    depth_ = depth;
    return true;
  }

  enum class Found : std::uint8_t { yes, no, malformed };

  /// `yes`: the value of `name` starts at `value`. put() then says where it ends; without it, the
  /// next call passes over the value.
  Found find(std::string_view name, const std::uint8_t*& value) noexcept {
    if (key_.data() != nullptr && compare_keys(name, key_) <= 0) rewind();
    while (true) {
      if (!pass_value()) return Found::malformed;
      if (left_ == 0) return Found::no;
      Cursor cursor(at_, end_);
      std::string_view key;
      if (!read_key(cursor, key)) return Found::malformed;
      if (key_.data() != nullptr && compare_keys(key, key_) <= 0) return Found::malformed;
      const int order = compare_keys(key, name);
      if (order > 0) return Found::no;
      key_ = key;
      at_ = value = cursor.at;
      on_value_ = true;
      if (order == 0) return Found::yes;
    }
  }
  /// The value that was found ends here.
  void put(const std::uint8_t* behind) noexcept {
    at_ = behind;
    on_value_ = false;
    --left_;
  }
  /// Passes over all that is left; `behind` is then where the map ends.
  bool close(const std::uint8_t*& behind) noexcept {
    while (true) {
      if (!pass_value()) return false;
      if (left_ == 0) break;
      Cursor cursor(at_, end_);
      std::string_view key;
      if (!read_key(cursor, key)) return false;
      at_ = cursor.at;
      on_value_ = true;
    }
    behind = at_;
    return true;
  }

 private:
  void rewind() noexcept {
    at_ = first_;
    left_ = count_;
    on_value_ = false;
    key_ = {};
  }
  bool pass_value() noexcept {
    if (!on_value_) return true;
    Cursor cursor(at_, end_);
    if (!skip(cursor, depth_ + 1)) return false;
    put(cursor.at);
    return true;
  }

  const std::uint8_t* first_ = nullptr;
  const std::uint8_t* at_ = nullptr;  // before a key, or before the value of key_
  const std::uint8_t* end_ = nullptr;
  std::string_view key_;  // the last one read
  std::uint64_t count_ = 0;
  std::uint64_t left_ = 0;  // pairs, the one whose value at_ stands before among them
  unsigned depth_ = 0;
  bool on_value_ = false;
};

}  // namespace refold::detail::cbor
