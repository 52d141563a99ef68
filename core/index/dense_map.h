#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace refold::index {

/// A hash map from fixed-size byte keys whose entries lie side by side, in the order they came.
///
/// Made for filling, looking up and clearing as a whole: nothing is removed, clear() keeps the
/// memory. Hashes are seeded, so that keys made by somebody hostile do not pile up. References
/// are valid until the next insertion. One writer, or any number of readers.
template <class Key, class Value>
class DenseMap {
 public:
  struct Entry {
    Key key;
    Value value;
  };

  [[nodiscard]] const Value* find(const Key& key) const noexcept {
    if (entries_.empty()) return nullptr;
    for (std::size_t slot = first_slot(key);; slot = (slot + 1) & mask_) {
      const std::uint32_t number = slots_[slot];
      if (number == free_slot) return nullptr;
      if (same(entries_[number].key, key)) return &entries_[number].value;
    }
  }

  /// The value of `key`, made if there was none (then the second is true).
  std::pair<Value&, bool> insert(const Key& key) {
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    std::size_t slot = first_slot(key);
    for (; slots_[slot] != free_slot; slot = (slot + 1) & mask_) {
      Entry& entry = entries_[slots_[slot]];
      if (same(entry.key, key)) return {entry.value, false};
    }
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({key, Value{}});
    return {entries_.back().value, true};
  }

  void clear() {
    if (entries_.empty()) return;
    entries_.clear();
    std::fill(slots_.begin(), slots_.end(), free_slot);
  }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  static constexpr std::uint32_t free_slot = ~std::uint32_t{0};
  static constexpr std::size_t slots_min = 64;

  /// Word by word: quicker than a call of memcmp for so few bytes.
  [[nodiscard]] static bool same(const Key& a, const Key& b) noexcept {
    static_assert(sizeof(Key) % sizeof(std::uint64_t) == 0);
    std::uint64_t difference = 0;
    for (std::size_t at = 0; at < a.size(); at += sizeof difference) {
      difference |= load_le<std::uint64_t>(a.data() + at) ^ load_le<std::uint64_t>(b.data() + at);
    }
    return difference == 0;
  }

  [[nodiscard]] std::size_t first_slot(const Key& key) const noexcept {
    return static_cast<std::size_t>(checksum(key, seed_)) & mask_;
  }

  void grow() {
    slots_.assign(std::max(slots_min, slots_.size() * 2), free_slot);
    mask_ = slots_.size() - 1;
    for (std::uint32_t number = 0; number < entries_.size(); ++number) {
      std::size_t slot = first_slot(entries_[number].key);
      while (slots_[slot] != free_slot) slot = (slot + 1) & mask_;
      slots_[slot] = number;
    }
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // numbers of entries; at most half of them taken
  std::size_t mask_ = 0;
  std::uint64_t seed_ = std::random_device{}();
};

}  // namespace refold::index
