#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "refold/abi.h"

namespace refold {

/// Bytes that somebody else owns.
using ByteView = std::span<const std::uint8_t>;
/// Bytes owned.
using Bytes = std::vector<std::uint8_t>;

namespace detail {

inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string_view text_of(refold_bytes bytes) noexcept {
  return {static_cast<const char*>(bytes.data), bytes.size};
}
inline ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline ByteView bytes_of(refold_bytes bytes) noexcept {
  return {static_cast<const std::uint8_t*>(bytes.data), bytes.size};
}
inline refold_bytes abi_of(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline refold_bytes abi_of(ByteView bytes) noexcept { return {bytes.data(), bytes.size()}; }

/// A key or a row being written: in place while it is small, so that it costs no allocation.
class Buffer {
 public:
  Buffer() noexcept {}  // NOLINT(modernize-use-equals-default): leaves place_ as it is
  ~Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Adds `size` bytes and returns where to write them.
  std::uint8_t* extend(std::size_t size) {
    if (size > capacity_ - size_) grow(size);
    std::uint8_t* const at = data_ + size_;
    size_ += size;
    return at;
  }
  void push(std::uint8_t byte) { *extend(1) = byte; }
  void append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  /// Keeps the first `size` bytes.
  void cut(std::size_t size) noexcept { size_ = size; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] ByteView view() const noexcept { return {data_, size_}; }
  [[nodiscard]] refold_bytes abi() const noexcept { return {data_, size_}; }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = (size_ + size) * 2;
    auto larger = std::make_unique<std::uint8_t[]>(capacity);
    std::memcpy(larger.get(), data_, size_);
    heap_ = std::move(larger);
    data_ = heap_.get();
    capacity_ = capacity;
  }

  std::uint8_t place_[240];
  std::uint8_t* data_ = place_;
  std::size_t size_ = 0;
  std::size_t capacity_ = sizeof place_;
  std::unique_ptr<std::uint8_t[]> heap_;
};

inline bool equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace detail
}  // namespace refold
