#include "core/plugin/trusted_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <deque>

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;

constexpr unsigned links_max = 40;  // as the kernel has it
constexpr unsigned write_bits_of_others = S_IWGRP | S_IWOTH;

Error refused(const fs::path& path, const std::string& why) {
  return {Errc::invalid, path.string() + " " + why};
}

std::string mode_text(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

Result<void> check_owner(const fs::path& path, const struct stat& status) {
  if (status.st_uid == 0 || status.st_uid == geteuid()) return ok();
  return refused(path, "belongs to user " + std::to_string(status.st_uid) +
                           ", who can replace a plugin there: chown it to root, or to user " +
                           std::to_string(geteuid()) + ", who runs this");
}

Result<void> check_mode(const fs::path& path, const struct stat& status) {
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & write_bits_of_others) == 0 || sticky) return ok();
  return refused(path, "may be written by others (mode " + mode_text(status.st_mode) +
                           "), who could replace a plugin there: chmod go-w " + path.string());
}

/// Follows a path from the root on.
class Walk {
 public:
  explicit Walk(const fs::path& path) { put_ahead(path); }
  Result<TrustedFile> to_the_file();

 private:
  void put_ahead(const fs::path& path);
  Result<void> to_the_root();
  Result<void> follow(const Descriptor& link, const fs::path& here);
  Result<TrustedFile> open(const fs::path& name, const struct stat& expected);

  std::deque<fs::path> ahead_;
  Descriptor folder_;
  fs::path at_;
  unsigned links_ = 0;
};

void Walk::put_ahead(const fs::path& path) {
  std::deque<fs::path> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  ahead_.insert(ahead_.begin(), parts.begin(), parts.end());
}

Result<void> Walk::to_the_root() {
  at_ = "/";
  folder_ = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!folder_.open() || ::fstat(folder_.get(), &status) != 0) return system_error("open /", errno);
  REFOLD_CHECK(check_owner(at_, status));
  return check_mode(at_, status);
}

Result<TrustedFile> Walk::to_the_file() {
  REFOLD_CHECK(to_the_root());
  while (!ahead_.empty()) {
    const fs::path name = std::move(ahead_.front());
    ahead_.pop_front();
    const fs::path here = name == ".." ? at_.parent_path() : at_ / name;
    Descriptor found(::openat(folder_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!found.open() || ::fstat(found.get(), &status) != 0) {
      Error error = system_error("open " + here.string(), errno);
      if (errno == ENOENT) error.code = Errc::not_found;
      return error;
    }
    REFOLD_CHECK(check_owner(here, status));
    if (S_ISLNK(status.st_mode)) {
      REFOLD_CHECK(follow(found, here));
      continue;
    }
    REFOLD_CHECK(check_mode(here, status));
    if (S_ISDIR(status.st_mode)) {
      folder_ = std::move(found);
      at_ = here;
    } else if (!ahead_.empty()) {
      return system_error("open " + (here / ahead_.front()).string(), ENOTDIR);
    } else if (!S_ISREG(status.st_mode)) {
      return refused(here, "is not a regular file");
    } else {
      return open(name, status);
    }
  }
  return refused(at_, "is a folder, not a file");
}

/// A link points on from the folder that it is in.
Result<void> Walk::follow(const Descriptor& link, const fs::path& here) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(link.get(), "", target.data(), target.size());
  if (size < 0) return system_error("read the link " + here.string(), errno);
  if (++links_ > links_max) return system_error("open " + here.string(), ELOOP);
  const fs::path path(std::string(target.data(), static_cast<std::size_t>(size)));
  put_ahead(path);
  return path.is_absolute() ? to_the_root() : ok();
}

/// The file may have been replaced since it was looked at, by something that cannot be opened
/// without waiting; who could do that is trusted, but may be mistaken.
Result<TrustedFile> Walk::open(const fs::path& name, const struct stat& expected) {
  const fs::path here = at_ / name;
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Descriptor file(::openat(folder_.get(), name.c_str(), flags));
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) {
    return system_error("open " + here.string(), errno);
  }
  if (status.st_dev != expected.st_dev || status.st_ino != expected.st_ino) {
    return Error{Errc::busy, here.string() + " is being replaced: try again"};
  }
  return TrustedFile{std::move(file), here};
}

}  // namespace

Result<TrustedFile> open_trusted(const std::filesystem::path& path) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed);
  if (failed) return system_error("find " + path.string(), failed.value());
  return Walk(absolute).to_the_file();
}

}  // namespace refold::plugin
