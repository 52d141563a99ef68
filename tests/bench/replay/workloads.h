#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "core/index/recorder.h"
#include "core/log/witness_log.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/runs.h"

namespace refold::bench {

/// What the workloads of the replay benchmark share: a log of all events, and the plugin.
class ReplayBench : public Runs {
 public:
  ReplayBench(const BenchOptions& options, std::vector<Row> rows,
              std::unique_ptr<log::WitnessLog> log, std::filesystem::path library)
      : Runs(options, std::move(rows)), log_(std::move(log)), library_(std::move(library)) {}

  [[nodiscard]] const log::WitnessLog& log() const noexcept { return *log_; }
  [[nodiscard]] const std::filesystem::path& library() const noexcept { return library_; }

  /// The log of an application, and what happens after it.
  [[nodiscard]] std::uint64_t application_events() const noexcept {
    return std::min<std::uint64_t>(options().events, 100'000);
  }
  [[nodiscard]] std::uint64_t later_events() const noexcept { return application_events() / 10; }
  [[nodiscard]] std::filesystem::path application_file() const {
    return options().folder / "application-events";
  }

 private:
  std::unique_ptr<log::WitnessLog> log_;
  std::filesystem::path library_;
};

/// The rows of the report, each with its target, in the order of the report.
[[nodiscard]] std::vector<Row> replay_rows();

/// Each of these does one run of some rows: replay_*.
[[nodiscard]] Result<void> run_replays(ReplayBench& bench);
/// loop.
[[nodiscard]] Result<void> run_loop(ReplayBench& bench);
/// process.
[[nodiscard]] Result<void> run_process(ReplayBench& bench);
/// rebuild_100k, promote, rollback_warm.
[[nodiscard]] Result<void> run_application(ReplayBench& bench);

/// Hands the next events, at most `count`, to the recorder, in batches.
[[nodiscard]] Result<void> record_next(PreparedEvents& events, index::Recorder& recorder,
                                       std::uint64_t count);

}  // namespace refold::bench
