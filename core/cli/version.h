#pragma once

#include <string>

namespace refold::cli {

/// "refold 0.1.0 (LMDB 0.9.24, zstd 1.5.4)".
[[nodiscard]] std::string version_text();

}  // namespace refold::cli
