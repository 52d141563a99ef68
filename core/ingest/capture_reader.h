#pragma once

#include <stop_token>

#include "core/ingest/scope.h"
#include "core/ingest/source.h"
#include "core/ingest/source_board.h"

namespace refold::ingest {

/// Reads a capture file, frames or lines, from its beginning to its end into the recorder; what is
/// known already is not appended again. Returns at the end, or when `stop` is requested.
[[nodiscard]] SessionEnd read_capture(const SourceSite& site, const SourceOptions& options,
                                      const Scope& scope, SourceBoard& board,
                                      const std::stop_token& stop);

}  // namespace refold::ingest
