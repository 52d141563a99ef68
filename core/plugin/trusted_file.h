#pragma once

#include <filesystem>

#include "core/base/descriptor.h"
#include "core/base/result.h"

namespace refold::plugin {

/// A file that only root and the user of this process can change, open for reading.
struct TrustedFile {
  Descriptor descriptor;
  std::filesystem::path path;  ///< where it is, without symbolic links
};

/// Opens a regular file by way of its folders, one after the other, each of them held open: what
/// was checked is what is used. The file, each folder and each symbolic link on the way must belong
/// to root or to the user of this process, and be writable by no one else; a folder with the sticky
/// bit, such as /tmp, may be, because there nobody can replace what is not theirs.
///
/// Errors: `not_found`, `io`; `invalid` names the path at fault, its mode or owner, and what mends
/// it.
[[nodiscard]] Result<TrustedFile> open_trusted(const std::filesystem::path& path);

}  // namespace refold::plugin
