#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/log/witness_log.h"
#include "core/projection/records.h"
#include "core/view/view.h"

namespace refold::projection {

/// How one generation is.
struct GenerationStatus {
  GenerationRecord record;
  Progress progress;
  view::Checkpoint checkpoint;
  view::ViewStat stat;
  std::uint64_t lag_events = 0;
  std::int64_t lag_us = 0;            ///< how long the first event that it lacks has been there
  std::optional<double> eta_seconds;  ///< while it catches up, from its rate
  std::optional<Error> refused;  ///< why it is not used: see fit.h; or what of it cannot be opened
  bool open = false;             ///< the rest is known: it is open in this process
};

/// Says how far `status` is behind a log that ends at `last`. Errors: those of the log.
[[nodiscard]] Result<void> measure_lag(const log::WitnessLog& log, log::Seq last,
                                       GenerationStatus& status);

/// How a projection is.
struct ProjectionStatus {
  ProjectionRecord record;
  log::Seq log_last = 0;
  std::vector<GenerationStatus> generations;  ///< by number
  std::vector<std::string> leftovers;  ///< calls into code that was replaced and that do not return

  [[nodiscard]] const GenerationStatus* current() const noexcept;
  /// In a word: "live", "building", "paused", "failed", "refused", "stalled".
  [[nodiscard]] std::string_view state() const noexcept;
};

/// What a command did.
struct Done {
  bool changed = true;       ///< false: it was so already
  std::string said;          ///< in a sentence
  std::string projection{};  ///< load(): what it is called
};

}  // namespace refold::projection
