#include "core/cli/version.h"

#include <zstd.h>

namespace refold::cli {

std::string version_text() {
  return std::string("refold " REFOLD_VERSION " (LMDB " REFOLD_LMDB_VERSION ", zstd ") +
         ZSTD_versionString() + ")";
}

}  // namespace refold::cli
