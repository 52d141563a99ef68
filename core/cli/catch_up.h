#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/cli/projection_session.h"

namespace refold::cli {

/// How far a projection is to come.
struct CatchUp {
  projection::Folding folding = projection::Folding::all;
  log::Seq seq = 0;  ///< 0: the newest event of the log, as it is now
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// What became of it.
struct Caught {
  enum class End : std::uint8_t { done, interrupted, late };
  End end = End::done;
  bool goes_on = false;  ///< without the command: the engine folds
  log::Seq goal = 0;
  projection::ProjectionStatus status;
  std::uint64_t generation = 0;  ///< the newest of those that it was about
  std::uint64_t events = 0;      ///< folded meanwhile, by all generations together
  double seconds = 0;
  /// Why something of it stands still before the goal: it is paused, or has failed only now. In a
  /// sentence with the remedy.
  std::optional<Error> trouble;

  /// Null if it is gone.
  [[nodiscard]] const projection::GenerationStatus* subject() const noexcept;
};

/// Has a projection fold until all that folds has come so far, and what is being built has been
/// promoted, is ready for it, or has failed; with a seq, until the generations have come there.
/// Shows how far it is on a terminal. Ends early, in good order, when the user interrupts it. If
/// there is nothing to fold it starts nothing.
/// Errors: those of reading the log and the views.
[[nodiscard]] Result<Caught> catch_up(ProjectionSession& session,
                                      projection::Supervisor& supervisor, const CatchUp& how);

/// "generation 2 of 'likes' has failed at seq 17 (at://...): ..." and what to do about it.
[[nodiscard]] Error failure_text(const std::string& projection,
                                 const projection::GenerationRecord& generation);

}  // namespace refold::cli
