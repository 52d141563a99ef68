#pragma once

#include <chrono>

namespace refold::cli {

/// A closed pipe is an error of write(), not the end of the process. Called once, at the start.
void ignore_closed_pipes() noexcept;

/// From now on the first SIGINT or SIGTERM only makes signal_came() true; the second one ends the
/// process as usual.
void listen_to_signals() noexcept;
void stop_listening_to_signals() noexcept;
/// Any thread.
[[nodiscard]] bool signal_came() noexcept;

/// While it lives, the first interruption by the user only makes requested() true. Who waits asks
/// that at least every `patience`. One at a time, on the command's thread.
class Interruption {
 public:
  static constexpr std::chrono::milliseconds patience{100};

  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  [[nodiscard]] static bool requested();
};

}  // namespace refold::cli
