#pragma once

#include <string_view>

#include "core/base/result.h"

namespace refold::projection {

/// Whether a plugin has answered with exactly one JSON value. Errors: `invalid` says what is wrong.
[[nodiscard]] Result<void> check_json(std::string_view text);

}  // namespace refold::projection
