#pragma once

#include <string>
#include <vector>

#include "core/cli/terminal.h"
#include "core/projection/catalog.h"
#include "core/projection/status.h"

namespace refold::cli {

/// Projections for people and for programs. Pure functions, any thread.

/// Whether a table is the host's own: no table of the plugin's, and without a form for people.
[[nodiscard]] bool is_hosts(std::string_view table) noexcept;
/// Of the plugin's tables.
[[nodiscard]] std::uint64_t row_count(const projection::GenerationStatus& generation) noexcept;

/// A table, one projection a line.
[[nodiscard]] std::string projections_text(const std::vector<projection::ProjectionStatus>& all,
                                           const Terminal& terminal);
/// All that is known of one.
[[nodiscard]] std::string projection_text(const projection::ProjectionStatus& status,
                                          const Terminal& terminal);
/// One as a JSON object (docs/cli.md).
[[nodiscard]] std::string projection_json(const projection::ProjectionStatus& status);

/// The plugins of a catalog, who uses them, and which were refused.
[[nodiscard]] std::string plugins_text(const projection::Catalog::Contents& contents,
                                       const Terminal& terminal);
[[nodiscard]] std::string plugins_json(const projection::Catalog::Contents& contents);

}  // namespace refold::cli
