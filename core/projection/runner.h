#pragma once

#include <chrono>
#include <vector>

#include "core/projection/progress.h"

namespace refold::projection {

/// Folds the log into the view of one generation, somewhere: in a thread of this process, or in a
/// process of its own. A runner may be started again after it has ended; each time the plugin gets
/// a new instance, and goes on from the view's checkpoint.
///
/// Any thread, but start() and wait_ended() one at a time.
class Runner {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  struct Orders {
    log::Seq until = no_end;     ///< where it ends by itself
    std::vector<log::Seq> skip;  ///< events that are passed over, and recorded so; sorted
    bool verified = false;       ///< as request_verified()
  };

  virtual ~Runner() = default;

  /// Errors: `busy` if it is running; `io`.
  [[nodiscard]] virtual Result<void> start(const Orders& orders) = 0;
  /// It ends at the next edge of a batch: what was applied is committed. Returns at once.
  virtual void request_stop() = 0;
  /// The view was found to be equal to a rebuild: it is no longer `unverified`.
  virtual void request_verified() = 0;
  /// Waits until it has ended: no instance is left, and no thread that has run the plugin's code.
  /// True at once if it was never started. False at the deadline: a plugin does not return.
  [[nodiscard]] virtual bool wait_ended(Deadline deadline) = 0;
  /// Waits until, since it was started, it has committed something, caught up or ended. False at
  /// the deadline.
  [[nodiscard]] virtual bool wait_proven(Deadline deadline) = 0;
  [[nodiscard]] virtual bool running() const = 0;
  [[nodiscard]] virtual Progress progress() const = 0;
};

}  // namespace refold::projection
