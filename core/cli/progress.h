#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/cli/terminal.h"

namespace refold::cli {

/// One line on standard error that shows how far a long command is. Draws nothing unless that is a
/// terminal that can take a line back, and at most ten times a second. One thread.
class Progress {
 public:
  /// `unit` names what is counted, in the plural.
  explicit Progress(std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// How far it is: `done` of `total` (0: unknown) decide the bar, `count` is what is shown.
  void update(std::string_view label, std::uint64_t done, std::uint64_t total, std::uint64_t count);

  /// Whether update() would do something now: for callers to whom the numbers cost something.
  [[nodiscard]] bool due() const noexcept;

  /// Takes the line away: before anything else is printed, and at the end.
  void clear();

  /// The line, for a terminal of `columns`.
  [[nodiscard]] static std::string line(std::string_view label, double share, std::uint64_t count,
                                        std::string_view unit, double seconds, std::size_t columns);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds interval{100};

  Terminal terminal_;
  std::string unit_;
  Clock::time_point started_;
  Clock::time_point drawn_;
  bool shown_ = false;
};

}  // namespace refold::cli
