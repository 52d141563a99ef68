#pragma once

#include "core/cli/context.h"
#include "core/server/command.h"

namespace refold::cli {

/// Runs commands of `refold` in an engine: what server::Services::run_command is given. Each call
/// runs one, on the thread that calls; any number at a time. `handles` outlive the function.
[[nodiscard]] server::RunCommand commands_over(const EngineHandles& handles);

}  // namespace refold::cli
