#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/base/bytes.h"

namespace refold::view {

/// A row that a batch has written or removed. The key lies behind it.
struct Entry {
  std::uint8_t* row;
  std::uint32_t row_bytes;
  std::uint32_t room_bytes;
  std::uint32_t table;
  std::uint16_t key_bytes;
  bool removed;

  [[nodiscard]] ByteView key() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(this + 1), key_bytes};
  }
  [[nodiscard]] ByteView content() const noexcept { return {row, row_bytes}; }
};

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
using Block = std::unique_ptr<std::uint8_t, Free>;
/// Uninitialised. Large blocks are asked for in huge pages: what a batch holds is met at random,
/// and with small ones most of the time goes into finding the page.
[[nodiscard]] Block allocate(std::size_t bytes);

/// Memory for entries and for rows that outgrow theirs, given back all at once. Pieces stay where
/// they are, and have numbers of half a pointer's size. One thread.
class EntryMemory {
 public:
  using Number = std::uint32_t;

  /// A piece for an Entry, or for bytes, of at most `piece_bytes_max`.
  [[nodiscard]] std::uint8_t* take(std::size_t bytes);
  /// Of the piece that was taken last.
  [[nodiscard]] Number last_number() const noexcept { return last_; }
  [[nodiscard]] Entry* at(Number number) const noexcept {
    return reinterpret_cast<Entry*>(chunks_[number >> granule_bits].get() +
                                    std::size_t{number & granule_mask} * granule_bytes);
  }
  [[nodiscard]] std::size_t used_bytes() const noexcept { return used_bytes_; }
  /// Keeps a small chunk for the next round.
  void clear() noexcept;
  /// Keeps all chunks for the next round, which is as large: the kernel does not have to empty them
  /// again.
  void clear_for_more() noexcept;

 private:
  static constexpr std::size_t granule_bytes = alignof(Entry);
  static constexpr unsigned granule_bits = 19;
  static constexpr Number granule_mask = (Number{1} << granule_bits) - 1;
  static constexpr std::size_t chunk_bytes = granule_bytes << granule_bits;
  static constexpr std::size_t small_chunk_bytes = std::size_t{1} << 18;

  std::vector<Block> chunks_;
  std::size_t at_ = 0;   ///< in the last chunk
  std::size_t end_ = 0;  ///< of it
  std::size_t used_bytes_ = 0;
  Number last_ = 0;
  bool first_is_small_ = false;
  Block small_;  ///< kept for the next round, as these
  std::vector<Block> spare_;
};

}  // namespace refold::view
