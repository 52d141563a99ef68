#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tests/bench/report.h"

namespace refold::bench {

/// What every benchmark takes.
struct BenchOptions {
  std::uint64_t events = 1'000'000;
  std::uint64_t seed = 1;
  std::uint64_t runs = 5;
  std::filesystem::path folder;  ///< everything is written below it, and removed at the end
  std::string only;              ///< the name of one row; empty: all
  bool json = false;
  bool markdown = false;
};

/// The contender that a row is about; all others are its peers.
inline constexpr std::string_view ours = "refold";

/// What the workloads of one benchmark share: the rows, the place on disk, the run.
class Runs {
 public:
  Runs(BenchOptions options, std::vector<Row> rows)
      : options_(std::move(options)), rows_(std::move(rows)) {}

  [[nodiscard]] const BenchOptions& options() const noexcept { return options_; }
  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }

  /// Is one of these rows asked for?
  [[nodiscard]] bool wants(std::initializer_list<std::string_view> names) const;
  /// Adds what one run has measured, if the row is asked for.
  void measured(std::string_view row, std::string_view contender, double value);

  /// A folder that does not exist, and whose name does not come again.
  [[nodiscard]] std::filesystem::path fresh_folder(std::string_view name);
  void next_run() noexcept { ++run_; }
  [[nodiscard]] std::uint64_t run() const noexcept { return run_; }
  /// Contenders take turns: in every other run the last one is first.
  [[nodiscard]] bool reversed() const noexcept { return run_ % 2 == 1; }

 private:
  BenchOptions options_;
  std::vector<Row> rows_;
  std::uint64_t run_ = 0;
  std::uint64_t folders_ = 0;
};

/// Does all runs of a benchmark, which derives from Runs.
template <class Bench>
Result<void> do_runs(Bench& bench, std::initializer_list<Result<void> (*)(Bench&)> workloads) {
  for (std::uint64_t run = 0; run < bench.options().runs; ++run, bench.next_run()) {
    std::fprintf(stderr, "refold-bench: run %s of %s\n", std::to_string(run + 1).c_str(),
                 std::to_string(bench.options().runs).c_str());
    for (auto* const workload : workloads) {
      if (auto done = workload(bench); done.has_error()) return done;
    }
  }
  return ok();
}

/// The row that is asked for, or all. Errors: `invalid` names those that there are.
[[nodiscard]] Result<std::vector<Row>> wanted_rows(std::vector<Row> rows, const std::string& only);

/// How `refold-bench NAME` was called, and where. To be asked before the first run.
[[nodiscard]] Setting setting_of(const std::string& name, const BenchOptions& options);

/// Prints the rows in the form that was asked for.
void print(const Runs& bench, const Setting& setting);

/// Makes a folder, and removes it in the end, if this made it.
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

}  // namespace refold::bench
