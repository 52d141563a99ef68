#pragma once

namespace refold::cli {

/// The whole program: reads the arguments, runs one command, returns the exit status of exit.h.
/// Called once, by main.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace refold::cli
