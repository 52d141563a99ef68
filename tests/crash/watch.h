#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace refold::crash {

/// Reads the log in `data` again and again while somebody writes it, dies and writes on, from the
/// time there is one until `control_fd` says how far it reaches (8 bytes; end of file: at once).
/// Then reads up to there, and all of it once more.
///
/// Errors: a gap, an event that is not what it was before, and whatever the reader reports.
[[nodiscard]] Result<void> watch(const std::filesystem::path& data, int control_fd);

}  // namespace refold::crash
