#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "core/base/result.h"
#include "core/engine/config/read.h"
#include "core/engine/engine.h"

namespace refold::engine {

/// What an engine is started with, and read again at each reload.
struct RunSetup {
  std::optional<std::filesystem::path> file;  ///< none: the defaults
  Environment environment{};
  std::function<server::RunCommand(Engine& engine)> commands{};  ///< see EngineOptions
};

/// The configuration that this means. Errors: `invalid` has every problem on a line of its own.
[[nodiscard]] Result<Config> configuration(const RunSetup& setup);

/// Runs an engine until SIGTERM or SIGINT: reads the configuration again at SIGHUP, and tells the
/// service manager. Once in a process, which has no other threads.
///
/// Returns when everything has stopped in good order. What does not stop within
/// limits.stop_time_max, or at all after a second signal, is left behind: the process ends, with
/// status 1. Nothing that was acknowledged is lost by that. Errors: why it could not be started.
[[nodiscard]] Result<void> run(const RunSetup& setup);

}  // namespace refold::engine
