#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refold::bench {

/// What several runs of one thing have measured.
class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] double median() const;
  [[nodiscard]] double lowest() const;
  [[nodiscard]] double highest() const;

 private:
  std::vector<double> values_;
};

struct Measured {
  std::string name;
  Samples samples;
};

/// What a row must reach. Each bound may be absent.
struct Target {
  std::optional<double> ratio_at_least{};  ///< of ours to the peer
  std::optional<double> ratio_at_most{};
  std::optional<double> ours_at_least{};  ///< in the row's unit
  std::optional<double> ours_at_most{};
};

/// One line of a report: a piece of work, done by us and by others.
struct Row {
  std::string name;  ///< as --only takes it
  std::string what;
  std::string unit;
  bool more_is_better = true;
  Target target;
  /// The peer that counts; empty: the best of them.
  std::string compared_with;
  Samples ours;
  std::vector<Measured> peers;

  /// Null if there is none.
  [[nodiscard]] const Measured* peer() const;
  [[nodiscard]] std::optional<double> ratio() const;
  [[nodiscard]] bool met() const;
  [[nodiscard]] std::string target_text() const;
  /// Adds a sample of a peer, by name.
  void add(std::string_view contender, double value);
};

/// One that nothing was measured of yet.
[[nodiscard]] Row make_row(std::string name, std::string what, std::string unit, Target target,
                           std::string compared_with = "", bool more_is_better = true);

/// Where and how the numbers came to be.
struct Setting {
  std::string command;
  std::string machine;  ///< processor, cores, memory, system
  std::string date;     ///< UTC
  std::string commit;
  std::uint64_t events = 0;
  std::uint64_t runs = 0;
};
[[nodiscard]] Setting make_setting(std::string command, std::uint64_t events, std::uint64_t runs);

/// An aligned table, the ratio first.
[[nodiscard]] std::string as_text(const std::vector<Row>& rows);
/// One object a line: name, what, ours, ours_low, ours_high, peer, peer_low, peer_high, peer_name,
/// ratio, unit, target, met, runs, peers.
[[nodiscard]] std::string as_json(const std::vector<Row>& rows, const Setting& setting);
/// A table for docs/benchmarks.md, with the setting above it.
[[nodiscard]] std::string as_markdown(const std::vector<Row>& rows, const Setting& setting);

}  // namespace refold::bench
