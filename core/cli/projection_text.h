#pragma once

#include <string>
#include <vector>

#include "core/cli/terminal.h"
#include "core/projection/catalog.h"
#include "core/projection/status.h"
#include "core/server/projection_json.h"

namespace refold::cli {

/// Projections for people and for programs. Pure functions, any thread.

using server::is_hosts;
using server::plugins_json;
using server::projection_json;
using server::row_count;

/// A table, one projection a line.
[[nodiscard]] std::string projections_text(const std::vector<projection::ProjectionStatus>& all,
                                           const Terminal& terminal);
/// All that is known of one.
[[nodiscard]] std::string projection_text(const projection::ProjectionStatus& status,
                                          const Terminal& terminal);

/// The plugins of a catalog, who uses them, and which were refused.
[[nodiscard]] std::string plugins_text(const projection::Catalog::Contents& contents,
                                       const Terminal& terminal);

}  // namespace refold::cli
