#include "tests/bench/log/log_bench.h"

#include "tests/bench/log/workloads.h"

namespace refold::bench {

Result<void> bench_log(const BenchOptions& options) {
  REFOLD_TRY(std::vector<Row> rows, wanted_rows(log_rows(), options.only));
  const Workplace workplace(options.folder);
  const Setting setting = setting_of("log", options);
  const auto prepared = options.folder / "events";
  REFOLD_CHECK(prepare(prepared, options.seed, options.events));
  REFOLD_TRY(PreparedEvents events, PreparedEvents::open(prepared));
  LogBench bench(options, std::move(events), std::move(rows));
  REFOLD_CHECK(do_runs<LogBench>(
      bench, {run_small_batches, run_sealed, run_indexed, run_live_times, run_memory}));
  print(bench, setting);
  return ok();
}

}  // namespace refold::bench
