#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/ingest/decompress.h"

namespace refold::cli {

/// A file, or standard input, as a stream of decompressed bytes. Plain text, gzip and zstd are told
/// apart by their first bytes. One thread.
class Input {
 public:
  static constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

  /// Opens the file; "-" is standard input. Errors: `io` names the file.
  [[nodiscard]] static Result<std::unique_ptr<Input>> open(const std::string& name);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// The first bytes, `count` of them or as many as there are; read() gives them again. Before the
  /// first read(). Errors: as read().
  [[nodiscard]] Result<ByteView> peek(std::size_t count);

  /// Reads some bytes. 0: the end, or an Interruption was requested.
  /// Errors: `io`, and `corrupt` for compressed data that are damaged or end in the middle; both
  /// name the file.
  [[nodiscard]] Result<std::size_t> read(std::span<char> into);

  /// For people: the file's name, or "standard input".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Bytes of the file itself (as it lies there, compressed) that were read.
  [[nodiscard]] std::uint64_t consumed_bytes() const noexcept { return consumed_bytes_; }
  /// All bytes of the file; 0 if that is not known.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

 private:
  Input(int descriptor, std::string name, std::uint64_t size_bytes);
  /// The next bytes of the file; none at the end, or when interrupted.
  [[nodiscard]] Result<ByteView> more();
  [[nodiscard]] Result<std::size_t> read_on(std::span<char> into);
  bool wait_for_data() const;

  int descriptor_;
  std::string name_;
  std::uint64_t size_bytes_;
  std::uint64_t consumed_bytes_ = 0;
  Bytes buffer_;
  ingest::Unpacker unpacker_;
  Bytes peeked_;
  std::size_t peeked_given_ = 0;  ///< of peeked_, by read()
};

}  // namespace refold::cli
