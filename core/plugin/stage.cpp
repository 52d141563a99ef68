#include "core/plugin/stage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/base/descriptor.h"
#include "core/base/file.h"
#include "core/plugin/staged_name.h"
#include "core/plugin/trusted_file.h"

namespace refold::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

/// What tells one state of a file from another.
struct Version {
  std::uint64_t size = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  friend bool operator==(const Version&, const Version&) = default;
};

Result<Version> version_of(const TrustedFile& file) {
  struct stat status {};
  if (::fstat(file.descriptor.get(), &status) != 0) {
    return system_error("examine " + file.path.string(), errno);
  }
  return Version{static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec,
                 status.st_mtim.tv_nsec};
}

Result<void> write_all(int to, ByteView bytes, const fs::path& name) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(to, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("write " + name.string(), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return ok();
}

/// Reads `from` to its end, takes the hash, and hands each piece to `take`.
template <class Take>
Result<Sha256Digest> read_through(const TrustedFile& from, Take take) {
  const Error too_large{Errc::too_large, from.path.string() + " is over " +
                                             std::to_string(library_bytes_max) + " bytes"};
  REFOLD_TRY(const Version before, version_of(from));
  if (before.size > library_bytes_max) return too_large;
  Sha256 hash;
  Bytes piece(piece_bytes);
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = ::read(from.descriptor.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + from.path.string(), errno);
    if (got == 0) break;
    const ByteView bytes = ByteView(piece).first(static_cast<std::size_t>(got));
    total += bytes.size();
    if (total > library_bytes_max) return too_large;
    hash.update(bytes);
    REFOLD_CHECK(take(bytes));
  }
  REFOLD_TRY(const Version after, version_of(from));
  if (before != after) {
    return Error{Errc::busy, from.path.string() + " is being written: try again when it is done"};
  }
  return hash.finish();
}

Result<void> check_own_folder(const fs::path& folder) {
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) {
    return system_error("examine " + folder.string(), errno);
  }
  if (!S_ISDIR(status.st_mode)) return Error{Errc::invalid, folder.string() + " is not a folder"};
  if (status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Errc::invalid, folder.string() + " must be private to the user of this process (" +
                                    std::to_string(geteuid()) + "): chown it, and chmod 700 it"};
  }
  return ok();
}

Result<void> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    return sync_folder(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
  }
  if (errno != EEXIST) return system_error("create " + folder.string(), errno);
  return check_own_folder(folder);
}

/// A file that is removed when this goes, unless it was kept.
class Unfinished {
 public:
  explicit Unfinished(fs::path path) : path_(std::move(path)) {}
  ~Unfinished() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

Result<Sha256Digest> copy(const TrustedFile& from, const fs::path& to) {
  const Descriptor file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
  if (!file.open()) return system_error("create " + to.string(), errno);
  REFOLD_TRY(const Sha256Digest hash,
             read_through(from, [&](ByteView bytes) { return write_all(file.get(), bytes, to); }));
  if (::fsync(file.get()) != 0) return system_error("sync " + to.string(), errno);
  return hash;
}

Result<void> check_expected(const fs::path& library, const Sha256Digest& hash,
                            const std::optional<Sha256Digest>& expected) {
  if (!expected || *expected == hash) return ok();
  return Error{Errc::invalid, library.string() + " has the SHA-256 " + hex(hash) + ", but " +
                                  hex(*expected) + " is asked for: it is another file"};
}

}  // namespace

Result<Staged> stage(const fs::path& library, const fs::path& folder,
                     const std::optional<Sha256Digest>& expected) {
  REFOLD_TRY(const TrustedFile source, open_trusted(library));
  REFOLD_CHECK(make_folder(folder));
  REFOLD_TRY(const std::uint64_t number, next_number(folder));
  const fs::path copying = folder / unfinished_name(number);
  Unfinished part(copying);
  REFOLD_TRY(const Sha256Digest hash, copy(source, copying));
  REFOLD_CHECK(check_expected(library, hash, expected));
  const fs::path staged = folder / staged_name(library, hash, number);
  if (::rename(copying.c_str(), staged.c_str()) != 0) {
    return system_error("rename " + copying.string(), errno);
  }
  part.keep();
  Unfinished not_durable(staged);
  REFOLD_CHECK(sync_folder(folder));
  not_durable.keep();
  return Staged{staged, hash};
}

Result<Sha256Digest> hash_of(const fs::path& library, const std::optional<Sha256Digest>& expected) {
  REFOLD_TRY(const TrustedFile source, open_trusted(library));
  REFOLD_TRY(const Sha256Digest hash,
             read_through(source, [](ByteView /*bytes*/) { return ok(); }));
  REFOLD_CHECK(check_expected(library, hash, expected));
  return hash;
}

Result<void> check_staged(const fs::path& file, const std::string& hash) {
  REFOLD_TRY(const Sha256Digest found, hash_of(file));
  if (hex(found) == hash) return ok();
  return Error{Errc::invalid, file.native() +
                                  " is not the file that was probed: load the plugin "
                                  "again"};
}

Result<void> remove_unlisted(const fs::path& folder, const std::vector<fs::path>& listed) {
  std::error_code failed;
  std::vector<fs::path> gone;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const fs::path name = at->path().filename();
    const bool kept = std::any_of(listed.begin(), listed.end(),
                                  [&](const fs::path& one) { return one.filename() == name; });
    if (!kept && number_in(name)) gone.push_back(at->path());
  }
  if (failed == std::errc::no_such_file_or_directory) return ok();
  if (failed) return system_error("list " + folder.string(), failed.value());
  for (const fs::path& file : gone) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
      return system_error("remove " + file.string(), errno);
    }
  }
  return gone.empty() ? ok() : sync_folder(folder);
}

}  // namespace refold::plugin
