#pragma once

#include <string>
#include <string_view>

#include "core/cli/terminal.h"

namespace refold::cli {

/// Compact, valid JSON with one member a line, indented by two; keys in colour where `terminal` has
/// colours. Empty arrays and objects stay on one line. No line break at the end.
[[nodiscard]] std::string pretty_json(std::string_view compact, const Terminal& terminal);

}  // namespace refold::cli
