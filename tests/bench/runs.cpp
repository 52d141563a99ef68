#include "tests/bench/runs.h"

#include <algorithm>

namespace refold::bench {

bool Runs::wants(std::initializer_list<std::string_view> names) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    return std::find(names.begin(), names.end(), row.name) != names.end();
  });
}

void Runs::measured(std::string_view name, std::string_view contender, double value) {
  for (Row& row : rows_) {
    if (row.name != name) continue;
    if (contender == ours) {
      row.ours.add(value);
    } else {
      row.add(contender, value);
    }
  }
}

std::filesystem::path Runs::fresh_folder(std::string_view name) {
  return options_.folder / (std::string(name) + "-" + std::to_string(++folders_));
}

Result<std::vector<Row>> wanted_rows(std::vector<Row> rows, const std::string& only) {
  if (only.empty()) return rows;
  std::string names;
  for (const Row& row : rows) names += (names.empty() ? "" : ", ") + row.name;
  std::erase_if(rows, [&](const Row& row) { return row.name != only; });
  if (!rows.empty()) return rows;
  return Error{Errc::invalid, "no row is called \"" + only + "\"; there are " + names};
}

Setting setting_of(const std::string& name, const BenchOptions& options) {
  const std::string command =
      "refold-bench " + name + " --events " + std::to_string(options.events) + " --seed " +
      std::to_string(options.seed) + " --runs " + std::to_string(options.runs) +
      (options.only.empty() ? "" : " --only " + options.only) + " --markdown";
  return make_setting(command, options.events, options.runs);
}

void print(const Runs& bench, const Setting& setting) {
  const std::string report = bench.options().json       ? as_json(bench.rows(), setting)
                             : bench.options().markdown ? as_markdown(bench.rows(), setting)
                                                        : as_text(bench.rows());
  std::fputs(report.c_str(), stdout);
}

}  // namespace refold::bench
