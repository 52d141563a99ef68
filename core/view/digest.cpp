#include "core/view/digest.h"

#include <xxhash.h>

#include <array>
#include <memory>
#include <new>

namespace refold::view {
namespace {

/// Most rows are hashed in one piece; for longer ones copying would cost more than it saves.
constexpr std::size_t joined_bytes_max = 4096;
constexpr std::size_t length_bytes = sizeof(std::uint32_t);

std::uint8_t* put(std::uint8_t* to, ByteView part) noexcept {
  store_le(to, static_cast<std::uint32_t>(part.size()));
  if (!part.empty()) std::memcpy(to + length_bytes, part.data(), part.size());
  return to + length_bytes + part.size();
}

struct FreeState {
  void operator()(XXH3_state_t* state) const noexcept { (void)XXH3_freeState(state); }
};

XXH128_hash_t hash_in_pieces(std::array<ByteView, 3> parts) {
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  if (state == nullptr) throw std::bad_alloc();
  (void)XXH3_128bits_reset(state.get());
  for (const ByteView part : parts) {
    std::array<std::uint8_t, length_bytes> length;
    store_le(length.data(), static_cast<std::uint32_t>(part.size()));
    (void)XXH3_128bits_update(state.get(), length.data(), length.size());
    (void)XXH3_128bits_update(state.get(), part.data(), part.size());
  }
  return XXH3_128bits_digest(state.get());
}

}  // namespace

void Digest::add(Digest other) noexcept {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
}

void Digest::subtract(Digest other) noexcept {
  high -= other.high + (low < other.low ? 1 : 0);
  low -= other.low;
}

Digest digest_of(std::string_view table, ByteView key, ByteView row) {
  XXH128_hash_t hash;
  if (table.size() + key.size() + row.size() + 3 * length_bytes <= joined_bytes_max) {
    std::array<std::uint8_t, joined_bytes_max> joined;
    std::uint8_t* end = put(joined.data(), bytes_of(table));
    end = put(end, key);
    end = put(end, row);
    hash = XXH3_128bits(joined.data(), static_cast<std::size_t>(end - joined.data()));
  } else {
    hash = hash_in_pieces({bytes_of(table), key, row});
  }
  return {hash.low64, hash.high64};
}

std::string text_of(Digest digest) {
  std::array<std::uint8_t, 16> bytes;
  store_be64(bytes.data(), digest.high);
  store_be64(bytes.data() + 8, digest.low);
  return hex(bytes);
}

}  // namespace refold::view
