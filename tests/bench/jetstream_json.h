#pragma once

#include <string>

#include "core/base/result.h"
#include "tests/bench/traffic.h"

namespace refold::bench {

/// Appends the operation as one line of Jetstream v1 JSON, with its newline.
[[nodiscard]] Result<void> append_jetstream_line(const Operation& operation, std::string& to);

}  // namespace refold::bench
