#pragma once

#include "core/base/result.h"
#include "tests/bench/log/context.h"

namespace refold::bench {

/// The rows of the report, each with its target, in the order of the report.
[[nodiscard]] std::vector<Row> log_rows();

/// Each of these does one run of some rows: append_1000.
[[nodiscard]] Result<void> run_small_batches(LogBench& bench);
/// append_10000, seal, size_*, scan*, point_*: append, bring into the final form, then read.
[[nodiscard]] Result<void> run_sealed(LogBench& bench);
/// append_index, size_previous.
[[nodiscard]] Result<void> run_indexed(LogBench& bench);
/// size_live.
[[nodiscard]] Result<void> run_live_times(LogBench& bench);
/// memory.
[[nodiscard]] Result<void> run_memory(LogBench& bench);

/// Point reads of the stores in `folders`, for run_sealed.
struct Stored {
  Contender contender;
  std::filesystem::path folder;
};
[[nodiscard]] Result<void> read_points(LogBench& bench, const std::vector<Stored>& stored);

}  // namespace refold::bench
