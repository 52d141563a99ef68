#pragma once

#include <chrono>
#include <cstdint>

namespace refold::engine {

/// While it lives, SIGHUP does not end the process, and from take_stops() on SIGTERM and SIGINT do
/// not either: they are handed out here. One at a time in a process; one thread asks.
class ProcessSignals {
 public:
  enum class Wish : std::uint8_t { none, stop, reload };

  ProcessSignals() noexcept;
  ~ProcessSignals();
  ProcessSignals(const ProcessSignals&) = delete;
  ProcessSignals& operator=(const ProcessSignals&) = delete;

  void take_stops() noexcept;

  /// Waits for the next signal, at most so long; a stop is handed out before a reload. Several
  /// reloads may come out as one.
  [[nodiscard]] Wish next(std::chrono::milliseconds patience) noexcept;
};

}  // namespace refold::engine
