#include "core/log/codec/compress.h"

#include <zstd.h>

#include <cstdlib>
#include <utility>

namespace refold::log::codec {

Compressor::Compressor() : context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) std::abort();  // out of memory
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, compression_level);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 0);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_dictIDFlag, 0);
}

Compressor::~Compressor() {
  ZSTD_freeCCtx(context_);
  ZSTD_freeCDict(dictionary_);
}

void Compressor::set_prefix(ByteView prefix) {
  ZSTD_freeCDict(dictionary_);
  dictionary_ =
      prefix.empty() ? nullptr : ZSTD_createCDict(prefix.data(), prefix.size(), compression_level);
}

std::size_t Compressor::compress(ByteView raw, Bytes& to, bool with_prefix) {
  const std::size_t at = to.size();
  to.resize(at + ZSTD_compressBound(raw.size()));
  ZSTD_CCtx_refCDict(context_, with_prefix ? dictionary_ : nullptr);
  const std::size_t size =
      ZSTD_compress2(context_, to.data() + at, to.size() - at, raw.data(), raw.size());
  if (ZSTD_isError(size) != 0) std::abort();  // only out of memory, the bound being right
  to.resize(at + size);
  return size;
}

Prefix::Prefix(ByteView bytes)
    : dictionary_(bytes.empty() ? nullptr : ZSTD_createDDict(bytes.data(), bytes.size())) {}
Prefix::~Prefix() { ZSTD_freeDDict(dictionary_); }

Decompressor::Decompressor() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) std::abort();  // out of memory
}
Decompressor::~Decompressor() { ZSTD_freeDCtx(context_); }
Decompressor::Decompressor(Decompressor&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)) {}
Decompressor& Decompressor::operator=(Decompressor&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

bool Decompressor::decompress(ByteView compressed, std::size_t raw_size, Bytes& raw,
                              const Prefix* prefix, std::size_t padding) {
  raw.resize(raw_size + padding);
  const ZSTD_DDict* const dictionary = prefix == nullptr ? nullptr : prefix->dictionary_;
  const std::size_t size =
      dictionary == nullptr
          ? ZSTD_decompressDCtx(context_, raw.data(), raw_size, compressed.data(),
                                compressed.size())
          : ZSTD_decompress_usingDDict(context_, raw.data(), raw_size, compressed.data(),
                                       compressed.size(), dictionary);
  return ZSTD_isError(size) == 0 && size == raw_size;
}

}  // namespace refold::log::codec
