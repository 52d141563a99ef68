#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold {

/// Bytes of a file that lie in memory as long as this lives, also if the file is removed. They take
/// no memory of the process's own: the system reads them when they are touched, and drops them when
/// it needs the room. (A disk that cannot be read then is a SIGBUS, as with LMDB.)
class FileMap {
 public:
  FileMap() = default;
  ~FileMap();
  FileMap(FileMap&& other) noexcept { swap(other); }
  FileMap& operator=(FileMap&& other) noexcept {
    swap(other);
    return *this;
  }

  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

 private:
  friend class File;
  void swap(FileMap& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
  }
  void* begin_ = nullptr;  // of a page
  std::size_t size_ = 0;
  ByteView bytes_;
};

/// An open file. Closed when it goes. Reading by any thread, writing by one.
class File {
 public:
  /// Errors: `not_found`, `io`.
  [[nodiscard]] static Result<File> open(const std::filesystem::path& path);
  /// Creates the file (mode 0600), or empties it. Errors: `io`, `no_space`.
  [[nodiscard]] static Result<File> create(const std::filesystem::path& path);
  ~File();
  File(File&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;

  [[nodiscard]] Result<std::uint64_t> size() const;
  /// Fills `to` from `offset` on. Errors: `corrupt` if the file ends before; `io`.
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<std::uint8_t> to) const;
  /// Maps `size` bytes from `offset` on. Errors: `corrupt` if the file ends before; `io`.
  [[nodiscard]] Result<FileMap> map(std::uint64_t offset, std::size_t size) const;
  /// Appends all of it. Errors: `io`, `no_space`; some of it may then have been written.
  [[nodiscard]] Result<void> write(ByteView bytes);
  /// Returns when what was written is on the disk.
  [[nodiscard]] Result<void> sync();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  File(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::filesystem::path path_;
  int fd_;
};

/// Makes creations, renames and removals in a folder durable.
[[nodiscard]] Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace refold
