#pragma once

#include <memory>
#include <stop_token>

#include "core/ingest/scope.h"
#include "core/ingest/source.h"
#include "core/ingest/source_board.h"

namespace refold::ingest {

/// The reading of a capture that was interrupted.
struct CaptureRun;

/// Reads a capture file, frames or lines, from its beginning to its end into the recorder; what is
/// known already is not appended again. Returns at the end, or when `stop` is requested.
///
/// Standard input and pipes cannot be read again: `kept` then has what goes on where it was, and is
/// to be handed in the next time. `site`, `scope` and `board` outlive it.
[[nodiscard]] SessionEnd read_capture(const SourceSite& site, const SourceOptions& options,
                                      const Scope& scope, SourceBoard& board,
                                      std::shared_ptr<CaptureRun>& kept,
                                      const std::stop_token& stop);

}  // namespace refold::ingest
