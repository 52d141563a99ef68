#pragma once

#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tests/bench/log/fields_digest.h"
#include "tests/bench/log/prepared.h"
#include "tests/bench/log/store.h"
#include "tests/bench/runs.h"

namespace refold::bench {

/// What the workloads of the log's benchmark share: the events too.
class LogBench : public Runs {
 public:
  LogBench(const BenchOptions& options, PreparedEvents events, std::vector<Row> rows)
      : Runs(options, std::move(rows)), events_(std::move(events)) {}

  [[nodiscard]] PreparedEvents& events() noexcept { return events_; }
  [[nodiscard]] std::filesystem::path prepared_file() const { return options().folder / "events"; }

  using Runs::measured;
  void measured(std::string_view row, const Contender& contender, double value) {
    Runs::measured(row, contender.name, value);
  }
  /// The contenders of a run: us first in every other run.
  [[nodiscard]] std::vector<Contender> in_turn(std::vector<Contender> contenders) const;

 private:
  PreparedEvents events_;
};

/// Appends all events in batches; the time of append() alone.
[[nodiscard]] Result<double> append_all(LogBench& bench, Store& store, std::size_t batch_events);

/// An Error that names the contender, if the digests differ.
[[nodiscard]] Result<void> check_digest(std::string_view contender, const FieldsDigest& found,
                                        const FieldsDigest& expected);

}  // namespace refold::bench
