#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "tests/bench/model/random.h"

namespace refold::bench {

/// The newest things of a stream, as many as there is room for.
template <class Thing>
class Ring {
 public:
  /// Room for `wanted` things, and never more than `room_max`.
  Ring(std::uint64_t wanted, std::uint64_t room_max)
      : room_(std::min(std::max<std::uint64_t>(std::bit_ceil(wanted), 16), room_max)) {
    things_.reserve(room_);
  }

  void add(const Thing& thing) {
    if (things_.size() < room_) {
      things_.push_back(thing);
    } else {
      things_[added_ % room_] = thing;
    }
    ++added_;
  }

  [[nodiscard]] bool empty() const noexcept { return things_.empty(); }
  /// Age 0 is the newest.
  [[nodiscard]] Thing& at_age(std::uint64_t age) noexcept {
    return things_[(added_ - 1 - age % things_.size()) % things_.size()];
  }
  /// Mostly young, with a long tail: as many between 10 and 100 as between 100 and 1,000.
  [[nodiscard]] Thing& mostly_young(Random& random) noexcept {
    return at_age(random.zipf(things_.size()));
  }
  [[nodiscard]] Thing& any(Random& random) noexcept { return at_age(random.below(things_.size())); }

 private:
  std::uint64_t room_;
  std::uint64_t added_ = 0;
  std::vector<Thing> things_;
};

}  // namespace refold::bench
