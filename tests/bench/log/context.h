#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tests/bench/log/fields_digest.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/log/store.h"
#include "tests/bench/report.h"

namespace refold::bench {

struct LogBenchOptions {
  std::uint64_t events = 1'000'000;
  std::uint64_t seed = 1;
  std::uint64_t runs = 5;
  std::filesystem::path folder;  ///< everything is written below it, and removed at the end
  std::string only;              ///< the name of one row; empty: all
  bool json = false;
  bool markdown = false;
};

/// What the workloads of one benchmark share: the events, the rows, the place on disk.
class LogBench {
 public:
  LogBench(const LogBenchOptions& options, PreparedEvents events, std::vector<Row> rows);

  [[nodiscard]] PreparedEvents& events() noexcept { return events_; }
  [[nodiscard]] const LogBenchOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::vector<Row>& rows() noexcept { return rows_; }
  [[nodiscard]] std::filesystem::path prepared_file() const { return options_.folder / "events"; }

  /// Is one of these rows asked for?
  [[nodiscard]] bool wants(std::initializer_list<std::string_view> names) const;
  /// Adds what one run has measured, if the row is asked for.
  void measured(std::string_view row, const Contender& contender, double value);

  /// A folder that does not exist, and whose name does not come again.
  [[nodiscard]] std::filesystem::path fresh_folder(std::string_view name);
  /// The contenders of a run: us first in every other run.
  [[nodiscard]] std::vector<Contender> in_turn(std::vector<Contender> contenders) const;
  void next_run() noexcept { ++run_; }
  [[nodiscard]] std::uint64_t run() const noexcept { return run_; }

 private:
  LogBenchOptions options_;
  PreparedEvents events_;
  std::vector<Row> rows_;
  std::uint64_t run_ = 0;
  std::uint64_t folders_ = 0;
};

/// Wall time.
class Stopwatch {
 public:
  void start() noexcept { started_ = std::chrono::steady_clock::now(); }
  void stop() noexcept { elapsed_ += std::chrono::steady_clock::now() - started_; }
  [[nodiscard]] double seconds() const noexcept {
    return std::chrono::duration<double>(elapsed_).count();
  }

 private:
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::duration elapsed_{};
};

/// Appends all events in batches; the time of append() alone.
[[nodiscard]] Result<double> append_all(LogBench& bench, Store& store, std::size_t batch_events);

/// An Error that names the contender, if the digests differ.
[[nodiscard]] Result<void> check_digest(std::string_view contender, const FieldsDigest& found,
                                        const FieldsDigest& expected);

}  // namespace refold::bench
