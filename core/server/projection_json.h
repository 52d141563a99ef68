#pragma once

#include <string>

#include "core/projection/catalog.h"
#include "core/projection/status.h"

namespace refold::server {

/// Projections as JSON, for the command line and for HTTP. Pure functions, any thread.

/// Whether a table is the host's own: no table of the plugin's, and without a form for people.
[[nodiscard]] bool is_hosts(std::string_view table) noexcept;
/// Of the plugin's tables.
[[nodiscard]] std::uint64_t row_count(const projection::GenerationStatus& generation) noexcept;

/// Why its current generation does not go on, in a sentence; empty: it does, or nobody knows.
[[nodiscard]] std::string why_it_stands(const projection::ProjectionStatus& status);

/// One as a JSON object (docs/cli.md).
[[nodiscard]] std::string projection_json(const projection::ProjectionStatus& status);

/// The plugins of a catalog, and which were refused: with paths of files, for who runs the engine.
[[nodiscard]] std::string plugins_json(const projection::Catalog::Contents& contents);
/// What of it everybody may know.
[[nodiscard]] std::string public_plugins_json(const projection::Catalog::Contents& contents);

}  // namespace refold::server
