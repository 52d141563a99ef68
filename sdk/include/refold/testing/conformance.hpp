#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/plugin.hpp"
#include "refold/testing/damage.hpp"
#include "refold/testing/runner.hpp"

namespace refold::testing {

/// Whether a projection keeps the laws, and if not, which one it breaks.
struct Report {
  bool ok = true;
  std::string text;  ///< a line for each law that is broken
  explicit operator bool() const noexcept { return ok; }
};

/// A record for the conformance test to work with.
struct Sample {
  std::string collection;
  Data record;

  Sample(std::string in, Data data) : collection(std::move(in)), record(std::move(data)) {}
  /// Of a record that names its collection in `$type`.
  Sample(Data data) : record(std::move(data)) {  // NOLINT(google-explicit-constructor)
    if (const auto type = record.value()["$type"]) collection = type->text().value_or("");
  }
};

/// The rows of `a` and `b` differ in a row of this table; empty if they do not.
using Difference = std::function<std::string(const Tables& a, const Tables& b)>;

/// Makes logs of the samples, and checks one law after the other.
class Conformance {
 public:
  Conformance(const refold_projection& projection, std::vector<Sample> samples, Values options,
              Difference difference)
      : projection_(projection),
        samples_(std::move(samples)),
        options_(std::move(options)),
        difference_(std::move(difference)) {}

  Report check() {
    make_log();
    Tables rows;
    if (!fold("in batches of 1024", log_, 1024, false, &rows)) return report_;
    std::size_t count = 0;
    for (const Rows& table : rows) count += table.size();
    if (count == 0) {
      broken("no sample made a row: give conformance() records that the projection folds");
    }
    same("folded once more from the beginning", 1024, false, rows);
    same("in batches of 1", 1, false, rows);
    same("in batches of 7", 7, false, rows);
    same("with a new instance for each batch of 7", 7, true, rows);
    crashes(rows);
    hostile();
    if ((projection_.wants & REFOLD_HISTORY) == 0) takes_back(rows);
    return report_;
  }

 private:
  void broken(std::string_view law) {
    report_.ok = false;
    if (!report_.text.empty()) report_.text += '\n';
    report_.text += law;
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::string did() { return "did:plc:conformance" + std::to_string(below(5)); }

  /// Creates, updates and deletes of few records, so that each meets its earlier versions.
  void make_log() {
    constexpr std::size_t events = 600;
    while (log_.size() < events) {
      const std::size_t what = below(20);
      if (what == 0) {
        log_.account(did(), below(2) == 0, "deactivated");
      } else if (what == 1) {
        log_.identity(did(), "conformance.example.com");
      } else if (what == 2) {
        log_.other(REFOLD_SYNC, did());
      } else if (!samples_.empty()) {
        add_record(log_, samples_[below(samples_.size())], what);
      } else {
        log_.identity(did());
      }
    }
  }
  void add_record(TestLog& log, const Sample& sample, std::size_t what) {
    const std::string rkey = "3kconformance" + std::to_string(below(4));
    if (what == 3) log.late();
    if (what < 8) {
      log.remove(did(), sample.collection, rkey);
    } else if (what == 8) {
      log.create_without_record(did(), sample.collection, rkey);
    } else if (what == 9) {
      log.update(did(), sample.collection, rkey, damage_.damaged(sample.record));
    } else if (what < 15) {
      log.update(did(), sample.collection, rkey, sample.record);
    } else {
      log.create(did(), sample.collection, rkey, sample.record);
    }
  }
  bool apply(std::string_view how, Runner& runner, const TestLog& log, std::size_t from,
             std::size_t to) {
    const auto outcome = runner.apply(log, from, to);
    if (outcome.ok()) return true;
    broken("it failed, " + std::string(how) + ": " + outcome.why);
    return false;
  }
  /// Folds a whole log; false if the projection fails.
  bool fold(std::string_view how, const TestLog& log, std::size_t batch, bool restarts,
            Tables* rows) {
    Runner runner(projection_, options_);
    for (std::size_t at = 0; at < log.size(); at += batch) {
      if (!apply(how, runner, log, at, std::min(at + batch, log.size()))) return false;
      if (restarts) runner.restart();
    }
    if (rows != nullptr) *rows = runner.tables();
    return true;
  }
  void compare(std::string_view how, const Tables& rows, const Tables& expected) {
    if (rows == expected) return;
    broken("other rows " + std::string(how) + ": " + difference_(rows, expected));
  }
  void same(std::string_view how, std::size_t batch, bool restarts, const Tables& expected) {
    Tables rows;
    if (fold(how, log_, batch, restarts, &rows)) compare(how, rows, expected);
  }
  /// The engine is killed in the middle of a batch, and applies it again: each batch once.
  void crashes(const Tables& expected) {
    constexpr std::size_t batch = 40;
    constexpr std::string_view how = "after crashes";
    Runner runner(projection_, options_);
    for (std::size_t at = 0; at < log_.size(); at += batch) {
      const std::size_t end = std::min(at + batch, log_.size());
      runner.crash(log_, at, at + 1 + below(end - at));
      if (!apply(how, runner, log_, at, end)) return;
    }
    compare(how, runner.tables(), expected);
  }
  /// Records that nobody would expect: none makes it fail.
  void hostile() {
    TestLog log;
    const auto add = [&](const Sample& sample, const Data& record) {
      const std::string rkey = "3kconformance" + std::to_string(below(6));
      log.update(did(), sample.collection, rkey, record);
      if (below(4) == 0) log.remove(did(), sample.collection, rkey);
    };
    for (const Sample& sample : samples_) {
      Damage::each_variant(sample.record.value(), [&](const Data& record) { add(sample, record); });
      for (std::size_t i = 0; i < 50; ++i) {
        add(sample, damage_.garbage());
        add(sample, damage_.damaged(sample.record));
        add(sample, Damage::deep(100 + below(100)));
      }
    }
    fold("given records that are damaged or odd", log, 16, false, nullptr);
  }
  /// Adding records and then removing them leaves what was there; so does changing one and
  /// changing it back.
  void takes_back(const Tables& before) {
    TestLog log = log_;
    const std::string who = "did:plc:conformancelaw";
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const std::string rkey = "3klaw" + std::to_string(i);
      log.create(who, samples_[i].collection, rkey, samples_[i].record);
      log.update(who, samples_[i].collection, rkey, damage_.damaged(samples_[i].record));
      for (const Sample& other : samples_) {
        if (other.collection == samples_[i].collection) {
          log.update(who, other.collection, rkey, other.record);
        }
      }
    }
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      log.remove(who, samples_[i].collection, "3klaw" + std::to_string(i));
    }
    Tables rows;
    if (fold("with records that come and go", log, 1024, false, &rows)) {
      compare("after records were added and removed again (is `previous` taken back?)", rows,
              before);
    }
  }

  const refold_projection& projection_;
  std::vector<Sample> samples_;
  Values options_;
  Difference difference_;
  std::mt19937_64 random_{1};  // NOLINT(cert-msc51-cpp): the same for everybody
  Damage damage_{random_};
  TestLog log_;
  Report report_;
};

/// "table 'beans': {"key":...} where {"key":...} is expected", with `render` for a row.
inline std::string difference_of(
    const refold_projection& projection,
    const std::function<std::string(std::uint32_t, const Rows::value_type&)>& render,
    const Tables& a, const Tables& b) {
  for (std::uint32_t i = 0; i < projection.table_count; ++i) {
    const auto missing_in = [&](const Rows& from, const Rows& in) -> const Rows::value_type* {
      for (const auto& row : from) {
        const auto found = in.find(row.first);
        if (found == in.end() || found->second != row.second) return &row;
      }
      return nullptr;
    };
    const auto* const extra = missing_in(a[i], b[i]);
    const auto* const missing = missing_in(b[i], a[i]);
    if (extra == nullptr && missing == nullptr) continue;
    return "table '" + std::string(projection.tables[i]) + "' has " +
           (extra != nullptr ? render(i, *extra) : "nothing") + " where " +
           (missing != nullptr ? render(i, *missing) : "nothing") + " is expected";
  }
  return "none";
}

/// Checks that a projection is a fold that an engine can rely on:
///
///   - the same rows from batches of 1, 7 and 1024 events; from an instance that is made anew for
///     each batch; after crashes; from the beginning once more;
///   - no record makes it fail, however it is damaged;
///   - adding and then removing records leaves no trace (not asked of one with `.history`).
///
/// It folds a few hundred events, made of `samples`: valid records of the projection's collections,
/// two or more that differ in what the projection looks at.
template <class P>
[[nodiscard]] Report conformance(std::vector<Sample> samples, const Values& options = {}) {
  const auto declared = detail::Declaration::of<P>();
  const refold_projection& projection = declared->projection();
  const auto render = [&declared](std::uint32_t table, const Rows::value_type& row) {
    std::string text;
    const bool is_row = declared->render(table, detail::bytes_of(std::string_view(row.first)),
                                         detail::bytes_of(std::string_view(row.second)), text);
    return is_row ? text : "bytes that are no row";
  };
  return Conformance(projection, std::move(samples), options,
                     [&](const Tables& a, const Tables& b) {
                       return difference_of(projection, render, a, b);
                     })
      .check();
}

}  // namespace refold::testing
