#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/atproto/cbor_reader.h"
#include "core/atproto/cid.h"
#include "core/base/bytes.h"

namespace refold::atproto::cbor {

/// The order of keys in a map: shorter first, then bytewise.
[[nodiscard]] inline bool canonical_key_less(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// Appends one value to bytes of the caller, item by item, in the one encoding that Reader accepts.
///
/// After map(n) come n pairs of key() and a value, in canonical order; after array(n) come n
/// values. Breaking that (or depth_max) is a bug of the caller and ends the process with a word.
/// Text must be UTF-8; the writer does not look. One thread at a time.
class Writer {
 public:
  /// `out` must outlive the writer, and nobody else may change it meanwhile.
  explicit Writer(Bytes& out) noexcept : out_(out) {}

  void unsigned_integer(std::uint64_t value);
  void integer(std::int64_t value);
  void bytes(ByteView value);
  void text(std::string_view value);
  void boolean(bool value);
  void null();
  void link(const Cid& value);
  void array(std::uint64_t count);
  void map(std::uint64_t pairs);
  void key(std::string_view value);

  /// Exactly one whole value was written.
  [[nodiscard]] bool finished() const noexcept { return finished_; }

 private:
  struct Level {
    std::uint64_t left;      ///< items still to come (a pair counts two)
    std::size_t key_offset;  ///< of the last key of a map, in out_
    std::size_t key_size;
    bool is_map;
  };

  void start_value();
  void close_full_levels() noexcept;
  void open(std::uint64_t items, bool is_map);
  void head(std::uint8_t major, std::uint64_t argument);

  Bytes& out_;
  std::uint32_t depth_ = 0;
  bool finished_ = false;
  std::array<Level, depth_max> levels_;
};

}  // namespace refold::atproto::cbor
