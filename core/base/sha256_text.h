#pragma once

#include <optional>
#include <string_view>

#include "core/base/digest.h"

namespace refold {

/// A SHA-256 as people write it: 64 hexadecimal digits of either case. None: it is something else.
[[nodiscard]] std::optional<Sha256Digest> sha256_of_text(std::string_view text) noexcept;

}  // namespace refold
