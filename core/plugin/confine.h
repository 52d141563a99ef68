#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/base/result.h"

namespace refold::plugin {

struct Confinement {
  pid_t parent = 0;  ///< this process is killed when that one ends
  std::uint64_t memory_bytes_max = 0;
  std::uint64_t processor_seconds_max = 0;
};

/// Binds this process, before it runs code that may do anything by mistake: it writes no file and
/// no core dump, opens few files, takes no more processor time and not much more memory than it may
/// (the parent watches its memory more closely, and says so), and dies with its parent. Errors:
/// `io`.
[[nodiscard]] Result<void> confine(const Confinement& limits);

}  // namespace refold::plugin
