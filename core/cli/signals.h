#pragma once

#include <chrono>

namespace refold::cli {

/// What a process has only one of: its signals.

/// A closed pipe is an error of write(), not the end of the process. Called once, at the start.
void ignore_closed_pipes() noexcept;

/// While it lives, the first SIGINT or SIGTERM only makes requested() true; the second one ends the
/// process as usual. Who waits asks requested() at least every `patience`. One at a time.
class Interruption {
 public:
  static constexpr std::chrono::milliseconds patience{100};

  Interruption() noexcept;
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Any thread.
  [[nodiscard]] static bool requested() noexcept;
};

}  // namespace refold::cli
