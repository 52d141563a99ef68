#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/projection/call_note.h"

namespace refold::projection {

inline constexpr log::Seq no_end = std::numeric_limits<log::Seq>::max();

/// Why a projection has stopped before an event. It stays so until somebody retries, skips or
/// replays.
struct Failure {
  log::Seq seq = 0;     ///< the event at fault; 0: none, it failed before
  std::string uri;      ///< of its record, or the DID it is about
  std::string message;  ///< what the plugin said, or which rule it broke
  std::string version;  ///< of the code that failed
  std::int64_t at_us = 0;
  friend bool operator==(const Failure&, const Failure&) = default;
};

/// What the loop of a generation is doing.
enum class Activity : std::uint8_t {
  stopped,  ///< it was told to, or was never started
  folding,
  idle,      ///< it has applied all there is, and waits for more
  retrying,  ///< the plugin asked to be tried again later, or its process ended: see `why`
  stalled,   ///< our own files, or the log, do not let it go on for now: see `why`
  reached,   ///< it came to the seq that it was to stop at
  failed,    ///< see `failure`
};
[[nodiscard]] constexpr bool has_ended(Activity activity) noexcept {
  return activity == Activity::stopped || activity == Activity::reached ||
         activity == Activity::failed;
}
/// "stopped", "folding", ...
[[nodiscard]] std::string_view name(Activity activity) noexcept;

/// How far a loop is, and how it goes.
struct Progress {
  Activity activity = Activity::stopped;
  log::Seq seq = 0;              ///< committed
  log::Seq until = no_end;       ///< where it will stop
  std::uint64_t commits = 0;     ///< since it was started
  bool caught_up = false;        ///< it was at the end of the log at least once since then
  double events_per_second = 0;  ///< of the log, passed over ones included; of the last seconds
  Call::Function calling = Call::Function::none;  ///< the plugin's function under way
  std::int64_t calling_us = 0;                    ///< how long that has been running
  std::string why;
  std::optional<Failure> failure;
};

}  // namespace refold::projection
