#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "refold/bytes.hpp"
#include "refold/detail/sha256.hpp"

namespace refold {

/// A content identifier as the AT Protocol uses it: version 1, SHA-256, of a record (dag-cbor) or
/// of a blob (raw). All zero if it was default-constructed.
struct Cid {
  /// 01, the codec, 12, 20, and the digest.
  std::array<std::uint8_t, 36> bytes{};

  /// "bafyrei..." (a record) or "bafkrei..." (a blob). None for any other text.
  [[nodiscard]] static std::optional<Cid> parse(std::string_view text) noexcept {
    if (text.size() != 59 || text[0] != 'b') return std::nullopt;
    Cid cid;
    std::size_t at = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;  // of bits
    for (const char c : text.substr(1)) {
      const bool letter = c >= 'a' && c <= 'z';
      if (!letter && !(c >= '2' && c <= '7')) return std::nullopt;
      bits = bits << 5 | static_cast<std::uint32_t>(letter ? c - 'a' : c - '2' + 26);
      count += 5;
      if (count < 8) continue;
      count -= 8;
      cid.bytes[at++] = static_cast<std::uint8_t>(bits >> count);
      bits &= (1U << count) - 1;
    }
    if (bits != 0 || !cid.valid()) return std::nullopt;
    return cid;
  }
  /// The 36 bytes. None for any others.
  [[nodiscard]] static std::optional<Cid> from_bytes(ByteView bytes) noexcept {
    Cid cid;
    if (bytes.size() != cid.bytes.size()) return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), cid.bytes.begin());
    if (!cid.valid()) return std::nullopt;
    return cid;
  }

  /// Of a record, by its DAG-CBOR. Some 10 ns a byte: for queries. In apply(), change.cid() is a
  /// matter of 300 ns.
  [[nodiscard]] static Cid of_record(ByteView record) {
    Cid cid;
    cid.bytes = {1, 0x71, 0x12, 32};
    const auto digest = detail::Sha256::of(record);
    std::copy(digest.begin(), digest.end(), cid.bytes.begin() + 4);
    return cid;
  }

  [[nodiscard]] std::string text() const {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text = "b";
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const std::uint8_t byte : bytes) {
      bits = bits << 8 | byte;
      count += 8;
      for (; count >= 5; count -= 5) text += alphabet[bits >> (count - 5) & 31];
    }
    text += alphabet[bits << (5 - count) & 31];
    return text;
  }
  /// Of a blob, not of a record.
  [[nodiscard]] bool raw() const noexcept { return bytes[1] == 0x55; }

  friend bool operator==(const Cid&, const Cid&) = default;
  friend std::strong_ordering operator<=>(const Cid&, const Cid&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(bytes);
  }

 private:
  [[nodiscard]] bool valid() const noexcept {
    return bytes[0] == 1 && (bytes[1] == 0x55 || bytes[1] == 0x71) && bytes[2] == 0x12 &&
           bytes[3] == 32;
  }
};

}  // namespace refold
