#pragma once

#include <memory>

#include "core/base/bytes.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace refold::log::codec {

/// The zstd level of segments: below 3 they grow, above it sealing gets slow for little.
inline constexpr int compression_level = 3;

/// Compresses into zstd frames without header fields we keep ourselves (content size, checksum).
/// One thread at a time.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// Text that later calls of compress() may refer back to; empty: none. Copied.
  void set_prefix(ByteView prefix);
  /// Appends the compressed form of `raw` to `to`; returns its length.
  std::size_t compress(ByteView raw, Bytes& to, bool with_prefix = false);

 private:
  ZSTD_CCtx_s* context_;
  ZSTD_CDict_s* dictionary_ = nullptr;
};

/// A prefix in the form that decompression wants. Immutable; any thread.
class Prefix {
 public:
  static constexpr std::size_t memory_bytes = std::size_t{128} << 10;  ///< about

  explicit Prefix(ByteView bytes);
  ~Prefix();
  Prefix(const Prefix&) = delete;
  Prefix& operator=(const Prefix&) = delete;

 private:
  friend class Decompressor;
  ZSTD_DDict_s* dictionary_;
};

/// Decompresses what Compressor made, from bytes that may be hostile. One thread at a time.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(Decompressor&& other) noexcept;
  Decompressor& operator=(Decompressor&& other) noexcept;

  /// Replaces `raw` with the `raw_size` bytes that `compressed` stands for, followed by
  /// `padding` bytes of no meaning. Returns false if it stands for anything else.
  [[nodiscard]] bool decompress(ByteView compressed, std::size_t raw_size, Bytes& raw,
                                const Prefix* prefix = nullptr, std::size_t padding = 0);

 private:
  ZSTD_DCtx_s* context_;
};

}  // namespace refold::log::codec
