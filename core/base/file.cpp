#include "core/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace refold {
namespace {

Error ends_before(const std::filesystem::path& file, std::uint64_t byte) {
  return {Errc::corrupt, file.string() + ": ends before byte " + std::to_string(byte) +
                             "; restore it from a backup"};
}

}  // namespace

Result<File> File::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return File(path, fd);
  Error error = system_error("open " + path.string(), errno);
  if (errno == ENOENT) error.code = Errc::not_found;
  return error;
}

Result<File> File::create(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("create " + path.string(), errno);
  return File(path, fd);
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

Result<std::uint64_t> File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return system_error("examine " + path_.string(), errno);
  return static_cast<std::uint64_t>(status.st_size);
}

FileMap::~FileMap() {
  if (begin_ != nullptr) ::munmap(begin_, size_);
}

Result<FileMap> File::map(std::uint64_t offset, std::size_t size) const {
  REFOLD_TRY(const std::uint64_t file_size, this->size());
  if (offset > file_size || size > file_size - offset) return ends_before(path_, offset + size);
  FileMap map;
  if (size == 0) return map;
  const std::size_t lead = offset % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  void* const begin =
      ::mmap(nullptr, lead + size, PROT_READ, MAP_SHARED, fd_, static_cast<off_t>(offset - lead));
  if (begin == MAP_FAILED) return system_error("map " + path_.string(), errno);
  map.begin_ = begin;
  map.size_ = lead + size;
  map.bytes_ = {static_cast<const std::uint8_t*>(begin) + lead, size};
  return map;
}

Result<void> File::read(std::uint64_t offset, std::span<std::uint8_t> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + path_.string(), errno);
    if (got == 0) return ends_before(path_, offset + to.size());
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return ok();
}

Result<void> File::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("write " + path_.string(), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return ok();
}

Result<void> File::sync() {
  if (::fsync(fd_) != 0) return system_error("sync " + path_.string(), errno);
  return ok();
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error("open " + folder.string(), errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) return system_error("sync " + folder.string(), failed);
  return ok();
}

}  // namespace refold
