#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace refold::engine {

inline constexpr std::uint64_t secret_bytes_max = 4096;

/// What is wrong with the owner or the mode of a file that holds a secret; empty if nothing is: it
/// belongs to root or to the user of this process, others can neither read nor write it, and its
/// group cannot write it.
[[nodiscard]] std::string check_private(const std::filesystem::path& file);

/// What is in such a file, without white space at its end. Errors: `not_found`, `io`; `invalid` for
/// what check_private() says; `too_large`.
[[nodiscard]] Result<std::string> read_secret(const std::filesystem::path& file);

}  // namespace refold::engine
