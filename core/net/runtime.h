#pragma once

#include <cstddef>
#include <memory>

#include "core/base/result.h"

namespace refold::net {

/// The threads that all connections of a process share: one event loop each.
///
/// Nothing that blocks runs on them. What uses a runtime (clients, servers, WebSockets) is
/// destroyed before it. All methods may be called by any thread.
class Runtime {
 public:
  /// Starts `threads` (1 to 8) threads.
  explicit Runtime(std::size_t threads = 1);
  /// Stops.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Ends everything that still runs here, at once, and the threads; whoever waits for any of it
  /// gets `closed`. Idempotent. (A look-up of a name cannot be interrupted: the system bounds it.)
  void stop() noexcept;

  /// The event loops, for the sources of core/net.
  class Loops;
  [[nodiscard]] Loops& loops() noexcept { return *loops_; }

 private:
  std::unique_ptr<Loops> loops_;
};

}  // namespace refold::net
