#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/digest.h"
#include "core/base/result.h"

namespace refold::plugin {

/// Names in the folder of staged plugins: <name>-<hash>-<number>.so, and <number>.part while it is
/// being copied.
///
/// The number makes each name one that was never used before. The system's loader finds a library
/// by its name first: under a name that is still mapped, though its file was removed, it gives out
/// the old code.

/// The next number, which nobody is given again: also not after a restart, when all staged files
/// are gone. Any process. Errors: `io`, `no_space`.
[[nodiscard]] Result<std::uint64_t> next_number(const std::filesystem::path& folder);

[[nodiscard]] std::string unfinished_name(std::uint64_t number);
[[nodiscard]] std::string staged_name(const std::filesystem::path& library,
                                      const Sha256Digest& hash, std::uint64_t number);

/// The number in one of these names; none if it is no such name.
[[nodiscard]] std::optional<std::uint64_t> number_in(const std::filesystem::path& name);

}  // namespace refold::plugin
