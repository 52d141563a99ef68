#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"

namespace refold::log {

/// What is said when our own data in the tail does not fit: loud, exact, with the remedy.

/// `corrupt`: "WHAT: checksum mismatch (stored 1f.., found 9c..); restore the log from a backup".
[[nodiscard]] Error checksum_mismatch(std::string_view what, std::uint64_t stored,
                                      std::uint64_t found);

inline constexpr std::string_view remedy = "; restore the log from a backup";

/// `corrupt`: "WHAT: WRONG; restore the log from a backup".
[[nodiscard]] Error damaged(std::string_view what, std::string_view wrong);

}  // namespace refold::log
