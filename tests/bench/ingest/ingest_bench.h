#pragma once

#include "core/base/result.h"
#include "tests/bench/runs.h"

namespace refold::bench {

/// `refold-bench ingest`: from the bytes of a stream to a durable log, end to end.
[[nodiscard]] Result<void> bench_ingest(const BenchOptions& options);

}  // namespace refold::bench
