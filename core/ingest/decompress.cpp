#include "core/ingest/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace refold::ingest {

class Decompressor {
 public:
  Decompressor() = default;
  virtual ~Decompressor() = default;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Takes bytes from the front of `in`, writes to `out`, returns how many bytes it wrote. If it
  /// fills `out`, it may have more: call it again, even with nothing in `in`; else it has taken
  /// all.
  [[nodiscard]] virtual Result<std::size_t> run(ByteView& in, std::span<char> out) = 0;

  /// The input may end here: nothing is half done.
  [[nodiscard]] virtual bool complete() const noexcept = 0;
};

namespace {

/// The most bytes that tell a compression.
constexpr std::size_t magic_bytes = 4;
/// 128 MiB.
constexpr int zstd_window_log_max = 27;

class Copy final : public Decompressor {
 public:
  Result<std::size_t> run(ByteView& in, std::span<char> out) override {
    const std::size_t count = std::min(in.size(), out.size());
    if (count > 0) std::memcpy(out.data(), in.data(), count);
    in = in.subspan(count);
    return count;
  }
  [[nodiscard]] bool complete() const noexcept override { return true; }
};

class Gunzip final : public Decompressor {
 public:
  Gunzip() { ready_ = ::inflateInit2(&stream_, gzip_only) == Z_OK; }
  ~Gunzip() override { ::inflateEnd(&stream_); }

  Result<std::size_t> run(ByteView& in, std::span<char> out) override {
    if (!ready_) return Error{Errc::no_space, "no memory for gzip"};
    if (complete_) skip_padding(in);
    if (complete_ && in.empty()) return std::size_t{0};
    const auto in_size = static_cast<uInt>(std::min(in.size(), step_bytes_max));
    const auto out_size = static_cast<uInt>(std::min(out.size(), step_bytes_max));
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = out_size;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(in_size - stream_.avail_in);
    complete_ = false;
    if (status == Z_STREAM_END) {
      complete_ = true;
      ready_ = ::inflateReset(&stream_) == Z_OK;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      const char* const why = stream_.msg != nullptr ? stream_.msg : "it ends too early";
      return Error{Errc::corrupt, std::string("the gzip data are damaged: ") + why};
    }
    return std::size_t{out_size - stream_.avail_out};
  }
  [[nodiscard]] bool complete() const noexcept override { return complete_; }

 private:
  static constexpr int gzip_only = 16 + MAX_WBITS;
  static constexpr std::size_t step_bytes_max = std::size_t{1} << 30;

  /// Tapes and block devices leave zeros behind the last member.
  static void skip_padding(ByteView& in) {
    while (!in.empty() && in[0] == 0) in = in.subspan(1);
  }

  z_stream stream_{};
  bool ready_ = false;
  bool complete_ = true;
};

class Unzstd final : public Decompressor {
 public:
  Unzstd() : stream_(::ZSTD_createDStream()) {
    if (stream_ != nullptr) {
      ::ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, zstd_window_log_max);
    }
  }
  ~Unzstd() override { ::ZSTD_freeDStream(stream_); }

  Result<std::size_t> run(ByteView& in, std::span<char> out) override {
    if (stream_ == nullptr) return Error{Errc::no_space, "no memory for zstd"};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t status = ::ZSTD_decompressStream(stream_, &to, &from);
    if (::ZSTD_isError(status) != 0) {
      return Error{Errc::corrupt,
                   std::string("the zstd data cannot be read: ") + ::ZSTD_getErrorName(status)};
    }
    if (from.pos > 0 || to.pos > 0) complete_ = status == 0;
    in = in.subspan(from.pos);
    return to.pos;
  }
  [[nodiscard]] bool complete() const noexcept override { return complete_; }

 private:
  ZSTD_DStream* stream_;
  bool complete_ = true;
};

std::unique_ptr<Decompressor> decompressor_for(ByteView start) {
  if (start.size() >= 2 && start[0] == 0x1f && start[1] == 0x8b) return std::make_unique<Gunzip>();
  if (start.size() >= magic_bytes) {
    constexpr std::uint32_t frame = ZSTD_MAGICNUMBER;
    constexpr std::uint32_t skippable = ZSTD_MAGIC_SKIPPABLE_START;
    const auto magic = load_le<std::uint32_t>(start.data());
    if (magic == frame || (magic & 0xfffffff0U) == skippable) return std::make_unique<Unzstd>();
  }
  return std::make_unique<Copy>();
}

}  // namespace

Unpacker::Unpacker() = default;
Unpacker::~Unpacker() = default;

void Unpacker::add(ByteView packed) {
  ended_ = packed.empty();
  if (undoing_) {
    left_ = packed;
  } else {
    append(start_, packed);
    left_ = start_;
  }
}

Result<std::optional<std::size_t>> Unpacker::read(std::span<char> into) {
  for (;;) {
    const std::size_t wanted = undoing_ ? 1 : magic_bytes;
    if (!may_have_more_ && !ended_ && left_.size() < wanted) return std::optional<std::size_t>();
    if (!undoing_) undoing_ = decompressor_for(left_);
    REFOLD_TRY(const std::size_t count, undoing_->run(left_, into));
    may_have_more_ = count == into.size();
    if (count > 0) return std::optional<std::size_t>(count);
    if (!ended_) continue;
    if (left_.empty() && undoing_->complete()) return std::optional<std::size_t>(0);
    return Error{Errc::corrupt, "the compressed data end in the middle"};
  }
}

}  // namespace refold::ingest
