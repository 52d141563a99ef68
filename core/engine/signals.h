#pragma once

#include <chrono>
#include <cstdint>

namespace refold::engine {

/// While it lives, SIGTERM, SIGINT and SIGHUP are not what ends the process: they are handed out
/// here. One at a time in a process; one thread asks.
class ProcessSignals {
 public:
  enum class Wish : std::uint8_t { none, stop, reload };

  ProcessSignals() noexcept;
  ~ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  /// Waits for the next signal, at most so long; a stop is handed out before a reload. Several
  /// reloads may come out as one.
  [[nodiscard]] Wish next(std::chrono::milliseconds patience) noexcept;
};

}  // namespace refold::engine
