#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/base/result.h"
#include "core/engine/run.h"

namespace refold::cli {

/// Which configuration a command goes by.
struct ConfigOption {
  std::string file;
  std::string data;
};

/// Adds --config and --data.
void declare_config(CLI::App* command, ConfigOption& option);

/// The file that was named, else the refold.toml that is here, else the defaults for the data
/// directory that was named. Errors: `not_found` if nothing of that is there.
[[nodiscard]] Result<engine::RunSetup> setup_of(const ConfigOption& option);

}  // namespace refold::cli
