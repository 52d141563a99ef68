#pragma once

#include <string>
#include <vector>

#include "core/cli/terminal.h"
#include "core/ingest/backfill/backfill.h"

namespace refold::cli {

/// What came of a backfill.
struct BackfillReport {
  ingest::BackfillStatus status;
  std::vector<ingest::RepoFault> faults;  ///< the first of them
  double seconds = 0;
  bool complete = false;

  /// The table at the end, and the repos that were not taken, each with its reason.
  [[nodiscard]] std::string text(const Terminal& terminal) const;
  /// The same as one JSON object.
  [[nodiscard]] std::string json() const;
  /// Whether something was not taken that another try, or somebody, may mend: not so accounts that
  /// are deactivated, suspended or gone.
  [[nodiscard]] bool troubled() const noexcept;
};

/// "12 of 1,000 repos  3 failed  1.2 MB/s": for the line that shows how far it is.
[[nodiscard]] std::string progress_label(const ingest::BackfillStatus& status, double seconds);

}  // namespace refold::cli
