#pragma once

#include <zstd.h>

#include <string>

#include "core/base/bytes.h"

namespace refold::testing {

/// As a Jetstream packs a message.
inline Bytes packed_with(const std::string& dictionary, const std::string& text) {
  Bytes out(ZSTD_compressBound(text.size()));
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  out.resize(ZSTD_compress_usingDict(context, out.data(), out.size(), text.data(), text.size(),
                                     dictionary.data(), dictionary.size(), 3));
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace refold::testing
