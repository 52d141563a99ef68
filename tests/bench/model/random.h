#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace refold::bench {

/// A bijection of 64 bits that looks random (the finalizer of SplitMix64): turns numbers into
/// identities (the DID of actor 17) without remembering them.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

/// Random numbers that are the same on every machine for one seed (xoshiro256**), and the
/// distributions that the traffic is made of. One thread at a time.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = seed = mixed(seed);
  }

  [[nodiscard]] std::uint64_t bits() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// 0 to `bound` - 1. `bound` is from 1 to 2^32.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
    return ((bits() >> 32) * bound) >> 32;
  }
  /// 0 up to, and without, 1.
  [[nodiscard]] double unit() noexcept { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  [[nodiscard]] bool chance(double probability) noexcept { return unit() < probability; }

  /// 0 to `bound` - 1, with Zipf's law: rank r comes up in proportion to 1 / (r + 1).
  [[nodiscard]] std::uint64_t zipf(std::uint64_t bound) noexcept {
    const double rank = std::exp(unit() * std::log(static_cast<double>(bound) + 1.0)) - 1.0;
    return static_cast<std::uint64_t>(rank) % bound;
  }
  /// 0 to `bound` - 1, in proportion to (r + 1) ^ (1 / power - 1): flatter than zipf().
  [[nodiscard]] std::uint64_t skewed(std::uint64_t bound, double power) noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(bound) * std::pow(unit(), power));
  }
  /// With this median; two thirds lie within a factor of e ^ sigma.
  [[nodiscard]] double log_normal(double median, double sigma) noexcept {
    return median * std::exp(sigma * normal());
  }
  /// With mean 1.
  [[nodiscard]] double exponential() noexcept { return -std::log(1.0 - unit()); }

 private:
  [[nodiscard]] double normal() noexcept {
    const double radius = std::sqrt(2.0 * exponential());
    return radius * std::cos(2.0 * std::numbers::pi * unit());
  }

  std::uint64_t state_[4];
};

}  // namespace refold::bench
