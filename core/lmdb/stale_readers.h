#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"

namespace refold::lmdb {

/// How many readers of an LMDB file are entered in its lock file by processes that are no more.
/// Until somebody clears them, the pages that they saw are not used again. 0 if nobody has opened
/// the file. It must not be open in this process. Errors: `io`.
[[nodiscard]] Result<std::size_t> stale_readers(const std::filesystem::path& file);

}  // namespace refold::lmdb
