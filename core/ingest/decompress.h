#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::ingest {

/// Undoes a compression, as a stream; inside decompress.cpp.
class Decompressor;

/// Undoes whatever compression a stream's first bytes tell: none, members of gzip or frames of
/// zstd, one after the other, with windows of up to 128 MiB (`zstd --ultra --long=27`). One thread.
class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  /// Packed bytes that come next, which stay until read() asks for more; none: this was the end.
  void add(ByteView packed);
  /// Some bytes; 0: the end; none: add() comes first.
  /// Errors: `corrupt` for data that are damaged or end in the middle; `no_space` if memory ran
  /// out.
  [[nodiscard]] Result<std::optional<std::size_t>> read(std::span<char> into);

 private:
  Bytes start_;    ///< until it tells the compression
  ByteView left_;  ///< of start_, or of what was added
  std::unique_ptr<Decompressor> undoing_;
  bool may_have_more_ = false;  ///< it filled what it was given
  bool ended_ = false;
};

}  // namespace refold::ingest
