#pragma once

#include <string>

#include "core/log/witness_log.h"

namespace refold::server {

/// What the log says of itself as a JSON object (docs/cli.md).
[[nodiscard]] std::string log_stat_json(const log::LogStat& stat);

}  // namespace refold::server
