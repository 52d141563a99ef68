#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "core/base/result.h"

namespace refold::plugin {

/// No library is larger than this.
inline constexpr std::uint64_t library_bytes_max = std::uint64_t{512} << 20;

/// A copy of a plugin in the data directory: what is probed and loaded, instead of the author's
/// file, which may be overwritten at any time.
struct Staged {
  std::filesystem::path file;  ///< plugins/<name>-<hash>-<n>.so; n is never used twice
  Sha256Digest hash{};
};

/// Copies `library` into `folder` (made with mode 0700), durably, and takes the hash of what was
/// copied. Symbolic links are followed; the file, the links and every folder on the way must be
/// such that only root and the user of this process can change them. Any number of processes may
/// stage into one folder.
///
/// Errors: `not_found`; `invalid` if others may write it or a folder above it (names the path, its
/// mode and the chmod that mends it), if it is no regular file, or if its hash is not the
/// `expected` one; `too_large`; `busy` if it is being written; `io`, `no_space`. What was copied is
/// then gone.
[[nodiscard]] Result<Staged> stage(const std::filesystem::path& library,
                                   const std::filesystem::path& folder,
                                   const std::optional<Sha256Digest>& expected = std::nullopt);

/// The hash that `library` would be staged with: to know one that was refused before. Errors: those
/// of stage() that speak of the library.
[[nodiscard]] Result<Sha256Digest> hash_of(
    const std::filesystem::path& library,
    const std::optional<Sha256Digest>& expected = std::nullopt);

/// Before a staged library is loaded: it is still what was probed, and only root and the user of
/// this process could have replaced it. `hash`: hexadecimal. Errors: as hash_of().
[[nodiscard]] Result<void> check_staged(const std::filesystem::path& file, const std::string& hash);

/// Removes what was staged and is in no list, after a crash; also copies that were not finished, so
/// nobody may be staging meanwhile. Files that stage() does not make stay. Errors: `io`.
[[nodiscard]] Result<void> remove_unlisted(const std::filesystem::path& folder,
                                           const std::vector<std::filesystem::path>& listed);

}  // namespace refold::plugin
