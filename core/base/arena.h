#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace refold {

/// Memory that is handed out piece by piece and given back all at once.
///
/// Pieces stay where they are until clear(). clear() keeps the chunks for the next round (up to
/// `kept_bytes_max`), so a loop that fills and clears one arena does not allocate. Not
/// thread-safe.
class Arena {
 public:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 18;
  static constexpr std::size_t kept_bytes_max = std::size_t{1} << 23;

  Arena() = default;
  /// The pieces move along, and stay where they are; the other arena is empty afterwards.
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    Arena moved(std::move(other));
    swap(moved);
    return *this;
  }

  /// `size` uninitialised bytes, unaligned.
  [[nodiscard]] std::uint8_t* take(std::size_t size) {
    if (size > left_) grow(size);
    std::uint8_t* const piece = at_;
    at_ += size;
    left_ -= size;
    used_bytes_ += size;
    return piece;
  }

  /// Gives back the last `size` bytes of the newest piece: "take the bound, return the rest".
  void give_back(std::size_t size) noexcept {
    at_ -= size;
    left_ += size;
    used_bytes_ -= size;
  }

  [[nodiscard]] ByteView copy(ByteView bytes) {
    if (bytes.empty()) return {};
    std::uint8_t* const piece = take(bytes.size());
    std::memcpy(piece, bytes.data(), bytes.size());
    return {piece, bytes.size()};
  }
  [[nodiscard]] std::string_view copy(std::string_view text) {
    return text_of(copy(bytes_of(text)));
  }

  /// Makes every piece invalid.
  void clear() noexcept;

  /// The sum of all pieces.
  [[nodiscard]] std::size_t used_bytes() const noexcept { return used_bytes_; }
  [[nodiscard]] std::size_t allocated_bytes() const noexcept { return allocated_bytes_; }

 private:
  struct Chunk {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size;
  };
  void swap(Arena& other) noexcept;
  void grow(std::size_t size);
  void enter(std::size_t chunk) noexcept;

  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  std::uint8_t* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_bytes_ = 0;
  std::size_t allocated_bytes_ = 0;
};

}  // namespace refold
