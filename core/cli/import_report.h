#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/cli/terminal.h"
#include "core/index/draft.h"
#include "core/ingest/jsonl.h"

namespace refold::cli {

/// What became of the lines that an import read.
class ImportReport {
 public:
  void add_line() noexcept { ++lines_; }
  /// A line that held no draft.
  void add_fault(ingest::LineFault fault) { ++refused_[std::string(ingest::name(fault))]; }
  /// A batch that is durable.
  void add(const index::Outcome& outcome);

  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  [[nodiscard]] const index::Outcome& outcome() const noexcept { return outcome_; }
  /// Lines without a draft, and drafts that the log did not take.
  [[nodiscard]] std::uint64_t refused() const noexcept;

  /// Tombstones that no line told of: of records whose account was deleted. Once all lines are
  /// accounted for.
  [[nodiscard]] std::uint64_t tombstones() const noexcept;

  /// What the lines themselves do not tell.
  struct Circumstances {
    double seconds = 0;
    log::Seq last = 0;      ///< the newest seq of the log
    bool complete = false;  ///< every line was read
  };
  /// The table at the end.
  [[nodiscard]] std::string text(const Terminal& terminal, const Circumstances& of) const;
  /// The same as one JSON object.
  [[nodiscard]] std::string json(const Circumstances& of) const;

 private:
  std::uint64_t lines_ = 0;
  index::Outcome outcome_;
  std::map<std::string, std::uint64_t> refused_;  ///< by reason
};

/// "2 future_rev, 1 no_cid": why the log refused drafts of one batch. Empty if it refused none.
[[nodiscard]] std::string refusal_text(const index::Outcome& outcome);

}  // namespace refold::cli
