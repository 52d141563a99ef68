#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"

namespace refold::view {

/// LMDB's keys end at 511 bytes, ours at 8192. A key of up to 472 bytes is stored as it is. A
/// longer one is stored as its first 472 bytes and the first 16 bytes of its SHA-256 (keys come
/// from the network, and other hashes have collisions that can be made), and the whole key precedes
/// the row: length:u16, key, row. So a stored key of 488 bytes is always one of those, and LMDB has
/// those with the same first 472 bytes side by side, though in no order.
inline constexpr std::size_t prefix_bytes = 472;
inline constexpr std::size_t key_hash_bytes = 16;
inline constexpr std::size_t long_stored_bytes = prefix_bytes + key_hash_bytes;

[[nodiscard]] constexpr bool is_long(ByteView key) noexcept { return key.size() > prefix_bytes; }

/// A key as LMDB has it. Refers to the key it was made of.
class StoredKey {
 public:
  explicit StoredKey(ByteView key);
  [[nodiscard]] ByteView view() const noexcept { return is_long(key_) ? ByteView(long_) : key_; }

 private:
  ByteView key_;
  std::array<std::uint8_t, long_stored_bytes> long_;
};

struct KeyAndRow {
  ByteView key;
  ByteView row;
};

/// The key and the row of what LMDB has; they point into that. False: no view wrote this.
[[nodiscard]] bool split(ByteView stored_key, ByteView value, KeyAndRow& to) noexcept;

/// The value that LMDB gets for a row: the row itself, or `joined`, which is filled.
[[nodiscard]] ByteView value_of(ByteView key, ByteView row, Bytes& joined);

/// Below 0: `a` comes first. The order of the bytes; of two with the same beginning the shorter
/// one.
[[nodiscard]] inline int compare(ByteView a, ByteView b) noexcept {
  const std::size_t common = a.size() < b.size() ? a.size() : b.size();
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order != 0) return order;
  return a.size() < b.size() ? -1 : (a.size() > b.size() ? 1 : 0);
}

}  // namespace refold::view
