#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "core/base/descriptor.h"
#include "core/base/result.h"
#include "core/ingest/decompress.h"

namespace refold::ingest {

/// A capture as a stream of bytes: a file, or standard input; plain, gzip or zstd, as its first
/// bytes tell. One thread.
class CaptureInput {
 public:
  /// "-" is standard input. Errors: `not_found`, `io`.
  [[nodiscard]] static Result<std::unique_ptr<CaptureInput>> open(
      const std::filesystem::path& file);

  /// Some bytes; 0: the end; none: there is nothing for now. Waits for look_time at most, and
  /// disks do not wait. Errors: `io`; `corrupt` for compressed data that are damaged or end in the
  /// middle.
  [[nodiscard]] Result<std::optional<std::size_t>> read(std::span<char> into);

 private:
  CaptureInput(Descriptor file, std::filesystem::path name);
  /// Hands some more of the file to the unpacker; false: there is nothing for now.
  [[nodiscard]] Result<bool> refill();

  Descriptor file_;
  std::filesystem::path name_;
  Bytes buffer_;
  Unpacker unpacker_;
};

}  // namespace refold::ingest
