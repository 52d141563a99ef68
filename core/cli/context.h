#pragma once

#include <filesystem>

#include "core/cli/output.h"

namespace refold::cli {

/// What every command is given.
struct Context {
  std::filesystem::path data = "refold-data";
  bool json = false;
  Output& out;
};

}  // namespace refold::cli
