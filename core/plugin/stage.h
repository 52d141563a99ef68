#pragma once

#include <filesystem>

#include "core/base/digest.h"
#include "core/base/result.h"

namespace refold::plugin {

/// A copy of a plugin in the data directory: what is loaded, instead of the author's file.
struct Staged {
  std::filesystem::path file;  ///< plugins/<name>-<hash>-<n>.so; n is never used twice
  Sha256Digest hash{};
};

/// Copies `library` into `folder` (made with mode 0700), durably, and takes the hash of what was
/// copied. Errors: `not_found`; `invalid` if the file or a folder above it may be written by others
/// (names the path, its mode and the chmod that mends it); `io`, `no_space`.
[[nodiscard]] Result<Staged> stage(const std::filesystem::path& library,
                                   const std::filesystem::path& folder);

/// Removes what was staged and is in no list, after a crash.
[[nodiscard]] Result<void> remove_unlisted(const std::filesystem::path& folder,
                                           const std::vector<std::filesystem::path>& listed);

}  // namespace refold::plugin
