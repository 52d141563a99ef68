#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <refold/projection.hpp>

namespace arabica {

/// What some ratings come to.
struct Score {
  std::int64_t rated = 0;
  std::int64_t sum = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(rated), REFOLD_FIELD(sum));
  }

  /// None without a rating.
  [[nodiscard]] std::optional<double> average() const {
    if (rated <= 0) return std::nullopt;
    return std::round(100.0 * static_cast<double>(sum) / static_cast<double>(rated)) / 100.0;
  }
  friend bool operator==(const Score&, const Score&) = default;
};

}  // namespace arabica
