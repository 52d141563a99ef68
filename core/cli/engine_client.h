#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace refold::cli {

/// Where the engine of a data directory listens for commands.
[[nodiscard]] std::filesystem::path control_socket(const std::filesystem::path& data);

/// Whether somebody listens there.
[[nodiscard]] bool engine_runs(const std::filesystem::path& data);

/// Has the engine over `data` run a command: its output is this process's, and so are the exit
/// status, standard input and Ctrl-C. None: no engine runs there, and nothing was done.
[[nodiscard]] std::optional<int> run_at_engine(const std::filesystem::path& data,
                                               const std::vector<std::string>& arguments);

}  // namespace refold::cli
