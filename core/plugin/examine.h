#pragma once

#include <filesystem>

#include "core/plugin/report.h"

namespace refold::plugin {

/// The child's half of probe(): does to a library what its header says, in this process, and tells
/// each step before it. This process is good for nothing afterwards, and should end by _exit().
void examine(const std::filesystem::path& library, const ReportWriter& report);

}  // namespace refold::plugin
