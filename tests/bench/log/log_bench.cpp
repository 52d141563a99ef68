#include "tests/bench/log/log_bench.h"

#include <algorithm>
#include <cstdio>

#include "tests/bench/log/workloads.h"

namespace refold::bench {
namespace {

Result<std::vector<Row>> wanted_rows(const std::string& only) {
  std::vector<Row> rows = log_rows();
  if (only.empty()) return rows;
  std::string names;
  for (const Row& row : rows) names += (names.empty() ? "" : ", ") + row.name;
  std::erase_if(rows, [&](const Row& row) { return row.name != only; });
  if (!rows.empty()) return rows;
  return Error{Errc::invalid, "no row is called \"" + only + "\"; there are " + names};
}

/// Removes the folder in the end, if this made it.
class Workplace {
 public:
  explicit Workplace(std::filesystem::path folder)
      : folder_(std::move(folder)), made_(std::filesystem::create_directories(folder_)) {}
  ~Workplace() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(folder_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

 private:
  std::filesystem::path folder_;
  bool made_;
};

std::string command_of(const LogBenchOptions& options) {
  return "refold-bench log --events " + std::to_string(options.events) + " --seed " +
         std::to_string(options.seed) + " --runs " + std::to_string(options.runs) +
         (options.only.empty() ? "" : " --only " + options.only) + " --markdown";
}

Result<void> run_all(LogBench& bench) {
  for (std::uint64_t run = 0; run < bench.options().runs; ++run, bench.next_run()) {
    std::fprintf(stderr, "refold-bench: run %s of %s\n", std::to_string(run + 1).c_str(),
                 std::to_string(bench.options().runs).c_str());
    REFOLD_CHECK(run_small_batches(bench));
    REFOLD_CHECK(run_sealed(bench));
    REFOLD_CHECK(run_indexed(bench));
    REFOLD_CHECK(run_live_times(bench));
    REFOLD_CHECK(run_memory(bench));
  }
  return ok();
}

}  // namespace

Result<void> bench_log(const LogBenchOptions& options) {
  REFOLD_TRY(std::vector<Row> rows, wanted_rows(options.only));
  const Workplace workplace(options.folder);
  const Setting setting = make_setting(command_of(options), options.events, options.runs);
  const auto prepared = options.folder / "events";
  REFOLD_CHECK(prepare(prepared, options.seed, options.events));
  REFOLD_TRY(PreparedEvents events, PreparedEvents::open(prepared));
  LogBench bench(options, std::move(events), std::move(rows));
  REFOLD_CHECK(run_all(bench));
  const std::string report = options.json       ? as_json(bench.rows(), setting)
                             : options.markdown ? as_markdown(bench.rows(), setting)
                                                : as_text(bench.rows());
  std::fputs(report.c_str(), stdout);
  return ok();
}

}  // namespace refold::bench
