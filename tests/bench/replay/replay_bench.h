#pragma once

#include "core/base/result.h"
#include "tests/bench/runs.h"

namespace refold::bench {

/// Measures how fast projections are built from a log, beside the same folds written by hand, and
/// prints the rows: as a table, as JSON lines, or as Markdown. README.md tells what each row does.
/// Errors: whatever a contender fails with; `corrupt` if two of them come to different rows.
[[nodiscard]] Result<void> bench_replay(const BenchOptions& options);

}  // namespace refold::bench
