#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::ingest {

/// Undoes a compression, as a stream. One thread.
class Decompressor {
 public:
  Decompressor() = default;
  virtual ~Decompressor() = default;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Takes bytes from the front of `in`, writes to `out`, returns how many bytes it wrote. If it
  /// fills `out`, it may have more: call it again, even with nothing in `in`.
  /// Errors: `corrupt`; `no_space` if memory ran out.
  [[nodiscard]] virtual Result<std::size_t> run(ByteView& in, std::span<char> out) = 0;

  /// The input may end here: nothing is half done.
  [[nodiscard]] virtual bool complete() const noexcept = 0;
};

/// How a stream is compressed, told by its first bytes.
enum class Compression : std::uint8_t { none, gzip, zstd };
/// The most bytes that compression_of looks at.
inline constexpr std::size_t magic_bytes = 4;
[[nodiscard]] Compression compression_of(ByteView start) noexcept;

/// The window of zstd that is accepted: 128 MiB, so that `zstd --ultra --long=27` can be read.
inline constexpr int zstd_window_log_max = 27;

/// Reads members of gzip, or frames of zstd, one after the other; or copies.
[[nodiscard]] std::unique_ptr<Decompressor> make_decompressor(Compression compression);

}  // namespace refold::ingest
