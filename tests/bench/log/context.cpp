#include "tests/bench/log/context.h"

#include <algorithm>

namespace refold::bench {

LogBench::LogBench(const LogBenchOptions& options, PreparedEvents events, std::vector<Row> rows)
    : options_(options), events_(std::move(events)), rows_(std::move(rows)) {}

bool LogBench::wants(std::initializer_list<std::string_view> names) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    return std::find(names.begin(), names.end(), row.name) != names.end();
  });
}

void LogBench::measured(std::string_view name, const Contender& contender, double value) {
  for (Row& row : rows_) {
    if (row.name != name) continue;
    if (contender.open == refold_log.open) {
      row.ours.add(value);
    } else {
      row.add(contender.name, value);
    }
  }
}

std::filesystem::path LogBench::fresh_folder(std::string_view name) {
  return options_.folder / (std::string(name) + "-" + std::to_string(++folders_));
}

std::vector<Contender> LogBench::in_turn(std::vector<Contender> contenders) const {
  if (run_ % 2 == 1) std::reverse(contenders.begin(), contenders.end());
  return contenders;
}

Result<double> append_all(LogBench& bench, Store& store, std::size_t batch_events) {
  Stopwatch watch;
  std::vector<log::Event> batch;
  bench.events().seek(1);
  for (;;) {
    bench.events().next(batch_events, batch);
    if (batch.empty()) return watch.seconds();
    store.take(batch);
    watch.start();
    REFOLD_CHECK(store.append());
    watch.stop();
  }
}

Result<void> check_digest(std::string_view contender, const FieldsDigest& found,
                          const FieldsDigest& expected) {
  if (found.value() == expected.value() && found.events() == expected.events()) return ok();
  return Error{Errc::corrupt,
               std::string(contender) +
                   " gives back other events than were put in: " + std::to_string(found.events()) +
                   " of " + std::to_string(expected.events()) + " events, or fields that differ"};
}

}  // namespace refold::bench
