#pragma once

#include <filesystem>
#include <string>

namespace refold::testing {

/// A plugin of tests/plugins, by the name of its source.
inline std::filesystem::path test_plugin(const std::string& name) {
  return std::filesystem::path(REFOLD_BINARY_DIR "/tests/plugins") / (name + ".so");
}

/// The program that runs plugins for others; tests are not beside it.
inline const std::filesystem::path runner = REFOLD_BINARY_DIR "/core/cli/refold-runner";

}  // namespace refold::testing
