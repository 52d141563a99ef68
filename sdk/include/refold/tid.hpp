#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "refold/time.hpp"

namespace refold {

/// A timestamp identifier: repo revisions, most record keys. 63 bits: microseconds since 1970 (53),
/// clock id (10). Its order is that of its text.
struct Tid {
  std::uint64_t value = 0;

  /// 13 characters, 2-7 and a-z. None for anything else.
  [[nodiscard]] static std::optional<Tid> parse(std::string_view text) noexcept {
    if (text.size() != 13) return std::nullopt;
    Tid tid;
    for (const char c : text) {
      const bool digit = c >= '2' && c <= '7';
      if (!digit && !(c >= 'a' && c <= 'z')) return std::nullopt;
      if ((tid.value >> 58) != 0) return std::nullopt;  // the top bit is always zero
      tid.value = tid.value << 5 | static_cast<unsigned>(digit ? c - '2' : c - 'a' + 6);
    }
    return tid;
  }

  [[nodiscard]] std::string text() const {
    constexpr std::string_view alphabet = "234567abcdefghijklmnopqrstuvwxyz";
    std::string text(13, '2');
    std::uint64_t left = value;
    for (std::size_t i = text.size(); i-- > 0; left >>= 5) text[i] = alphabet[left & 31];
    return text;
  }
  [[nodiscard]] Time time() const noexcept {
    return Time(std::chrono::microseconds(static_cast<std::int64_t>(value >> 10)));
  }
  [[nodiscard]] unsigned clock_id() const noexcept { return static_cast<unsigned>(value & 1023); }

  friend bool operator==(const Tid&, const Tid&) = default;
  friend std::strong_ordering operator<=>(const Tid&, const Tid&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

}  // namespace refold
