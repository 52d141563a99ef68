#pragma once

#include "core/cli/context.h"
#include "core/server/command.h"

namespace refold::cli {

/// The whole program: reads the arguments, runs one command, returns the exit status of exit.h. If
/// an engine runs over the data directory, the command runs there. Called once, by main.
[[nodiscard]] int run(int argc, const char* const* argv);

/// The same in an engine, for a client of it, whose console() is the thread's.
[[nodiscard]] int run_in_engine(const EngineHandles& handles,
                                const server::CommandRequest& request);

}  // namespace refold::cli
