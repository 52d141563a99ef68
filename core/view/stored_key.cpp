#include "core/view/stored_key.h"

#include "core/base/digest.h"
#include "core/base/wire.h"
#include "core/view/row.h"

namespace refold::view {
namespace {

constexpr std::size_t key_length_bytes = sizeof(std::uint16_t);

}  // namespace

StoredKey::StoredKey(ByteView key) : key_(key) {
  if (!is_long(key)) return;
  const Sha256Digest hash = sha256(key);
  std::memcpy(long_.data(), key.data(), prefix_bytes);
  std::memcpy(long_.data() + prefix_bytes, hash.data(), key_hash_bytes);
}

bool split(ByteView stored_key, ByteView value, KeyAndRow& to) noexcept {
  if (stored_key.empty() || stored_key.size() > long_stored_bytes) return false;
  if (!is_long(stored_key)) {
    to = {stored_key, value};
    return true;
  }
  if (stored_key.size() != long_stored_bytes || value.size() < key_length_bytes) return false;
  const std::size_t key_bytes = load_le<std::uint16_t>(value.data());
  const ByteView rest = value.subspan(key_length_bytes);
  if (key_bytes <= prefix_bytes || key_bytes > key_bytes_max || rest.size() < key_bytes) {
    return false;
  }
  to = {rest.first(key_bytes), rest.subspan(key_bytes)};
  return equal(to.key.first(prefix_bytes), stored_key.first(prefix_bytes));
}

ByteView value_of(ByteView key, ByteView row, Bytes& joined) {
  if (!is_long(key)) return row;
  joined.clear();
  put_fixed(joined, static_cast<std::uint16_t>(key.size()));
  append(joined, key);
  append(joined, row);
  return joined;
}

}  // namespace refold::view
