#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/base/result.h"

namespace refold::plugin {

struct Confinement {
  pid_t parent = 0;  ///< this process is killed when that one ends
  std::uint64_t memory_bytes_max = 0;
  std::uint64_t processor_seconds_max = 0;  ///< 0: as much as it likes
  bool works_with_files = false;            ///< else it writes none, and opens few
};

/// Binds this process, before it runs code that may do anything by mistake: it leaves no core dump,
/// takes no more processor time and not much more memory than it may (the parent watches its memory
/// more closely, and says so), and dies with its parent. Errors: `io`; `closed`: the parent has
/// ended already.
[[nodiscard]] Result<void> confine(const Confinement& limits);

}  // namespace refold::plugin
