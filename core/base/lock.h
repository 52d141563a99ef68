#pragma once

#include <filesystem>
#include <utility>

#include "core/base/result.h"

namespace refold {

/// The right to write a folder, held by one process at a time, and by the kernel's word: it ends
/// with the process, however that ends. The file names the holder for everybody who is refused.
class WriterLock {
 public:
  /// A lock that a dead holder left behind is waited for, for two seconds at most.
  /// Errors: `busy` names the pid, the command and the start time of the holder; `io`.
  [[nodiscard]] static Result<WriterLock> take(const std::filesystem::path& file);
  ~WriterLock();
  WriterLock(WriterLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  WriterLock& operator=(WriterLock&&) = delete;

 private:
  explicit WriterLock(int handle) : handle_(handle) {}
  int handle_;
};

/// One handle per folder and process: LMDB loses its locks when a process opens a file twice.
class ProcessClaim {
 public:
  /// Errors: `busy` if this process has `folder` open; `io` if there is no such folder.
  [[nodiscard]] static Result<ProcessClaim> take(const std::filesystem::path& folder);
  ~ProcessClaim();
  ProcessClaim(ProcessClaim&& other) noexcept
      : device_(other.device_), inode_(std::exchange(other.inode_, 0)) {}
  ProcessClaim& operator=(ProcessClaim&&) = delete;

 private:
  ProcessClaim(unsigned long device, unsigned long inode) : device_(device), inode_(inode) {}
  unsigned long device_;
  unsigned long inode_;
};

}  // namespace refold
