#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"

namespace refold::crash {

struct FaultSweep {
  std::filesystem::path prepared;  ///< a log to start from; beside it its ".acks"
  std::filesystem::path scratch;   ///< a folder that the shim watches
  std::uint64_t seed = 0;
  std::uint64_t passes = 1;  ///< of four that there are
};

/// Does a little of everything with a copy of the prepared log, again and again, while the shim
/// that is loaded makes one call fail: the first, the second, and so on until no call is left. The
/// call fails once, or with all after it until an error was reported; with EIO or with ENOSPC;
/// before or after a write was done in memory. Pass p of call n tries form (n + p) mod 4.
///
/// Each time the same process goes on when the cause is gone, and the log is checked in the end.
/// Errors: a promise that was broken; a failure that nobody was told of; an error that does not
/// name the file and the cause. Prints what it did.
[[nodiscard]] Result<void> sweep_faults(const FaultSweep& sweep);

}  // namespace refold::crash
