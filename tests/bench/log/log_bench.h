#pragma once

#include "core/base/result.h"
#include "tests/bench/log/context.h"

namespace refold::bench {

/// Measures the witness log beside its peers, and prints the rows: as a table, as JSON lines, or as
/// Markdown. README.md tells what each row does.
/// Errors: whatever a contender fails with; `corrupt` if two of them give back different events.
[[nodiscard]] Result<void> bench_log(const BenchOptions& options);

}  // namespace refold::bench
