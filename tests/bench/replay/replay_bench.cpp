#include "tests/bench/replay/replay_bench.h"

#include "tests/bench/log/refold_store.h"
#include "tests/bench/replay/workloads.h"

namespace refold::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t recorded_at_once = 10'000;

/// A sealed log of all events, with what each of them takes back.
Result<std::unique_ptr<log::WitnessLog>> make_log(const BenchOptions& options) {
  const fs::path prepared = options.folder / "events";
  const fs::path data = options.folder / "log";
  REFOLD_CHECK(prepare(prepared, options.seed, options.events));
  {
    REFOLD_TRY(PreparedEvents events, PreparedEvents::open(prepared));
    REFOLD_TRY(const auto recorder, index::Recorder::open(data));
    REFOLD_CHECK(record_next(events, *recorder, options.events));
    REFOLD_CHECK(recorder->seal());
  }
  fs::remove(prepared);
  return log::WitnessLog::open_writer(data);
}

/// The engine takes no library that others may write.
Result<fs::path> own_copy(const fs::path& library, const fs::path& folder) {
  const fs::path copy = folder / library.filename();
  std::error_code failure;
  fs::copy_file(library, copy, fs::copy_options::overwrite_existing, failure);
  if (!failure) fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write, failure);
  if (failure) return system_error("copy " + library.native(), failure.value());
  return copy;
}

}  // namespace

Result<void> record_next(PreparedEvents& events, index::Recorder& recorder, std::uint64_t count) {
  std::vector<log::Event> batch;
  for (std::uint64_t left = count; left > 0; left -= batch.size()) {
    events.next(std::min<std::uint64_t>(left, recorded_at_once), batch);
    if (batch.empty()) return ok();
    REFOLD_TRY(const index::Outcome outcome, recorder.record(drafts_of(batch)));
    if (outcome.appended != batch.size()) {
      return Error{Errc::invalid, "the recorder appended " + std::to_string(outcome.appended) +
                                      " of " + std::to_string(batch.size()) + " drafts"};
    }
  }
  return ok();
}

Result<void> bench_replay(const BenchOptions& options) {
  REFOLD_TRY(std::vector<Row> rows, wanted_rows(replay_rows(), options.only));
  const Workplace workplace(options.folder);
  const Setting setting = setting_of("replay", options);
  REFOLD_TRY(auto log, make_log(options));
  REFOLD_TRY(auto library, own_copy(REFOLD_BENCH_PLUGIN, options.folder));
  ReplayBench bench(options, std::move(rows), std::move(log), std::move(library));
  REFOLD_CHECK(prepare(bench.application_file(), options.seed + 1,
                       bench.application_events() + bench.later_events()));
  REFOLD_CHECK(do_runs<ReplayBench>(bench, {run_replays, run_loop, run_process, run_application}));
  print(bench, setting);
  return ok();
}

}  // namespace refold::bench
