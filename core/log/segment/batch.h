#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/log/limits.h"

namespace refold::log {

/// A few events in a row, by group: those of one group are made one after the other, because
/// records of one kind are made much faster than a mixture of kinds.
class Batch {
 public:
  static constexpr std::size_t events_max = page_batch_events;
  static constexpr std::uint8_t none = 0xff;

  void clear(std::size_t group_count) {
    for (std::size_t i = 0; i < touched_count_; ++i) first_[touched_[i]] = none;
    first_.resize(group_count, none);
    last_.resize(group_count);
    touched_count_ = size_ = 0;
  }
  /// Adds an event of that group, `offset` behind the batch's first. Its slot is its place in the
  /// page: the number of those added before.
  void add(std::uint16_t group, std::size_t offset) noexcept {
    const auto slot = static_cast<std::uint8_t>(size_++);
    if (first_[group] == none) {
      first_[group] = slot;
      touched_[touched_count_++] = group;
    } else {
      next_[last_[group]] = slot;
    }
    last_[group] = slot;
    next_[slot] = none;
    offset_[slot] = static_cast<std::uint8_t>(offset);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const std::uint16_t> groups() const noexcept {
    return {touched_.data(), touched_count_};
  }
  [[nodiscard]] std::uint8_t first(std::uint16_t group) const noexcept { return first_[group]; }
  [[nodiscard]] std::uint8_t next(std::uint8_t slot) const noexcept { return next_[slot]; }
  [[nodiscard]] std::size_t offset(std::uint8_t slot) const noexcept { return offset_[slot]; }

 private:
  std::vector<std::uint8_t> first_;  // by group: its first slot, or none
  std::vector<std::uint8_t> last_;
  std::array<std::uint8_t, events_max> next_{};  // by slot: the next one of its group
  std::array<std::uint8_t, events_max> offset_{};
  std::array<std::uint16_t, events_max> touched_{};
  std::size_t touched_count_ = 0;
  std::size_t size_ = 0;
};

}  // namespace refold::log
