#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace refold::engine {

struct Initialized {
  std::filesystem::path config;
  std::filesystem::path data;
};

/// Makes `folder` (0700, if it is not there) with a commented refold.toml (0600) and an empty data
/// directory (0700) in it. Nothing that is there is changed. Errors: `invalid` if there is a
/// refold.toml, or a data directory that holds something other than a log; `io`, `no_space`.
[[nodiscard]] Result<Initialized> initialize(const std::filesystem::path& folder);

}  // namespace refold::engine
