#pragma once

#include <filesystem>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/base/result.h"

namespace refold::ingest {

/// Bytes that come piece by piece and are then read as a whole: a few in memory, many in a
/// temporary file. One thread.
class Spool {
 public:
  static constexpr std::size_t memory_bytes_max = std::size_t{2} << 20;

  /// `file` is made when it is needed, and removed before anything is in it: nothing is left over
  /// after a crash. Its folder is there.
  explicit Spool(std::filesystem::path file) : file_(std::move(file)) {}

  void clear();
  /// Errors: `io`, `no_space`.
  [[nodiscard]] Result<void> add(ByteView piece);
  /// All of it, valid until clear(). Nothing is added afterwards. Errors: `io`, `no_space`.
  [[nodiscard]] Result<ByteView> bytes();
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  Result<void> spill();

  const std::filesystem::path file_;
  Bytes memory_;
  std::uint64_t size_ = 0;
  std::optional<File> writing_;
  std::optional<File> reading_;
  FileMap map_;
};

}  // namespace refold::ingest
