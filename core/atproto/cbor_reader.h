#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/atproto/cid.h"
#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::atproto {

/// The most bytes of one record: 1 MiB. (Hosts accept 1,000,000; whoever is a little over keeps
/// working.)
constexpr std::size_t record_bytes_max = std::size_t{1} << 20;

}  // namespace refold::atproto

namespace refold::atproto::cbor {

/// Maps and arrays inside one another, at most.
constexpr std::uint32_t depth_max = 128;

/// What one value may be. A `depth_max` over the constant above counts as the constant.
struct Limits {
  std::size_t bytes_max = record_bytes_max;
  std::uint32_t depth_max = cbor::depth_max;
};

enum class Type : std::uint8_t {
  unsigned_integer,  ///< `value`: 0 to 2^64-1
  negative_integer,  ///< signed_value(): -2^63 to -1
  bytes,             ///< `view`
  text,              ///< text(): valid UTF-8
  array,             ///< `value` items follow
  map,               ///< `value` pairs follow: a text, then any item
  link,              ///< `view`: the 36 bytes of a Cid; link()
  boolean,           ///< `value`: 0 or 1
  null,
};

/// One item: a scalar, or the head of an array or map. Views point into the reader's input.
struct Item {
  Type type = Type::null;
  std::uint64_t value = 0;
  ByteView view;

  [[nodiscard]] std::string_view text() const noexcept { return text_of(view); }
  [[nodiscard]] std::int64_t signed_value() const noexcept {
    return static_cast<std::int64_t>(value);
  }
  /// The CID of a `link` item.
  [[nodiscard]] Cid link() const noexcept;
};

/// The rules that an input can break.
enum class Rule : std::uint8_t {
  none,
  size,
  truncated,
  shortest_form,
  indefinite_length,
  reserved_head,
  below_int64,
  float_value,
  simple_value,
  tag,
  link,
  utf8,
  key_type,
  key_order,
  key_repeated,
  depth,
  trailing,
};

/// Reads one value, item by item in the order of the bytes, and checks every rule on the way
/// (cbor.h).
///
/// It copies and allocates nothing: the input must outlive the reader and every view taken. After
/// an item of type array or map, its items follow: `value` of them, or `value` pairs. The first
/// broken rule ends the reading for good. One thread at a time.
class Reader {
 public:
  explicit Reader(ByteView input, Limits limits = {}) noexcept;

  /// The next item. False at the end of the value, and from the first broken rule on.
  [[nodiscard]] bool next(Item& item) noexcept;

  /// Passes over the next item with everything inside it; false as next().
  bool skip() noexcept;

  /// The whole value was read.
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] bool failed() const noexcept { return rule_ != Rule::none; }
  /// Where the next item starts.
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>(at_ - input_.data());
  }
  /// What follows the bytes read so far; after finished(), what follows the value.
  [[nodiscard]] ByteView rest() const noexcept { return input_.subspan(offset()); }
  /// Which rule was broken, and the same as a sentence that names the byte. Only after failed().
  [[nodiscard]] Rule rule() const noexcept { return rule_; }
  [[nodiscard]] Error error() const;

 private:
  /// An open array or map.
  struct Level {
    std::uint64_t left;       ///< items still to come (a pair counts two)
    const std::uint8_t* key;  ///< the last key of a map
    std::size_t key_size;
    bool is_map;
  };

  bool read_argument(std::uint8_t head, std::uint64_t& argument) noexcept;
  bool read_view(std::uint64_t size, ByteView& view) noexcept;
  bool read_text(std::uint64_t size, Item& item) noexcept;
  bool read_key(Level& level, Item& item) noexcept;
  bool read_tag(std::uint64_t tag, Item& item) noexcept;
  bool read_simple(std::uint8_t head, Item& item) noexcept;
  bool read_value(Item& item) noexcept;
  bool open(std::uint64_t count, bool is_map) noexcept;
  void close_full_levels() noexcept;
  bool fail(Rule rule, std::uint64_t detail = 0) noexcept;

  ByteView input_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const std::uint8_t* item_at_;  ///< start of the item being read
  std::uint64_t detail_ = 0;     ///< the number in the message of rule_
  std::uint32_t depth_ = 0;
  std::uint32_t depth_max_;
  Rule rule_ = Rule::none;
  bool finished_ = false;
  std::array<Level, depth_max> levels_;
};

}  // namespace refold::atproto::cbor
