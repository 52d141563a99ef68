#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "refold/plugin.hpp"
#include "refold/testing/runner.hpp"

namespace refold::testing {

/// A projection over a log in memory, to ask for its rows and queries:
///
///   Fold<Likes> fold;
///   fold.apply(log);
///   fold->counts.get(post)          a row, or none
///   fold.rows("counts")             all of them, as JSON
///   fold.query("top", {{"limit", "3"}})
template <class P>
class Fold {
 public:
  explicit Fold(const Values& options = {})
      : declared_(detail::Declaration::of<P>()), runner_(declared_->projection(), options) {}

  /// Applies the events of the log that it has not seen, as one batch. std::runtime_error if the
  /// projection fails; its rows are then as before.
  void apply(const TestLog& log) {
    const auto outcome = runner_.apply(log, applied_, log.size());
    if (!outcome.ok()) throw std::runtime_error(outcome.why);
    applied_ = log.size();
  }

  /// The projection, to read its tables.
  [[nodiscard]] P* operator->() {
    auto* const projection = static_cast<Projection*>(runner_.self());
    runner_.host().begin(MemoryHost::Call::query);
    detail::instance_of(*projection).host = runner_.host().abi();
    return static_cast<P*>(projection);
  }
  /// The rows of a table in the order of their keys, each as {"key":...,"row":...}.
  [[nodiscard]] std::vector<std::string> rows(std::string_view table) {
    const auto& projection = declared_->projection();
    for (std::uint32_t i = 0; i < projection.table_count; ++i) {
      if (table == projection.tables[i]) return rows_of(i);
    }
    throw std::invalid_argument("there is no table '" + std::string(table) + "'");
  }
  /// The answer, as JSON. std::runtime_error if it fails.
  [[nodiscard]] std::string query(std::string_view name, const Values& arguments = {}) {
    for (std::size_t i = 0; const refold_query* const query = declared_->query(i); ++i) {
      if (name == query->name) return runner_.ask(*query, arguments);
    }
    throw std::invalid_argument("there is no query '" + std::string(name) + "'");
  }
  /// What the projection said in the engine's log.
  [[nodiscard]] const std::vector<std::string>& lines() { return runner_.host().lines(); }

  [[nodiscard]] Runner& runner() noexcept { return runner_; }

 private:
  std::vector<std::string> rows_of(std::uint32_t table) {
    std::vector<std::string> texts;
    for (const auto& [key, row] : runner_.tables()[table]) {
      std::string text;
      if (!declared_->render(table, detail::bytes_of(std::string_view(key)),
                             detail::bytes_of(std::string_view(row)), text)) {
        throw std::logic_error("a row that is none");
      }
      texts.push_back(text);
    }
    return texts;
  }

  std::unique_ptr<detail::Declaration> declared_;
  Runner runner_;
  std::size_t applied_ = 0;
};

}  // namespace refold::testing
