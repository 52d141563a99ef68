#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace refold::bench {

struct MemoryProbeOptions {
  std::filesystem::path events;  ///< a file of prepare()
  std::filesystem::path folder;  ///< of the log; is created
};

/// Does what a running engine does with a log (append with the index, seal in the background, scan,
/// filter, read by seq) in this process, and prints the most anonymous memory it had, in KiB.
/// For a process of its own: the events are mapped and do not count; nothing else is here.
[[nodiscard]] Result<void> probe_memory(const MemoryProbeOptions& options);

}  // namespace refold::bench
