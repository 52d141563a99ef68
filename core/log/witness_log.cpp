#include "core/log/witness_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

#include "core/base/file.h"
#include "core/log/redaction.h"
#include "core/log/sealer.h"
#include "core/log/tail/files.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

namespace fs = std::filesystem;

constexpr mode_t folder_mode = 0700;

Matcher everything_matcher() { return Matcher::make({.history = true}).value(); }

fs::path segments_folder(const fs::path& data) { return log_folder(data) / "segments"; }

Result<void> make_folder(const fs::path& folder) {
  std::error_code failure;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), failure);
  if (mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST) {
    return system_error("create the folder " + folder.native(), errno);
  }
  return ok();
}

/// Makes the name of a folder durable, if we may look at the folder that holds it.
Result<void> sync_name(const fs::path& folder) {
  const fs::path above = folder.parent_path();
  return access(above.c_str(), R_OK) == 0 ? sync_folder(above) : ok();
}

/// The names of all folders on the way to `data` that are ours: any of them may be new.
Result<void> sync_way_to(const fs::path& data) {
  struct stat status = {};
  for (fs::path folder = fs::absolute(data).lexically_normal();
       folder != folder.parent_path() && stat(folder.c_str(), &status) == 0 &&
       status.st_uid == geteuid();
       folder = folder.parent_path()) {
    REFOLD_CHECK(sync_name(folder));
  }
  return ok();
}

/// What the folder holds. Errors: `io`.
Result<std::set<std::string>> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator{}; entry.increment(failure)) {
    names.insert(entry->path().filename());
  }
  if (failure) return system_error("look into the folder " + folder.native(), failure.value());
  return names;
}

/// Nothing is in the folder but the beginnings of a log that a crash has stopped. A folder named
/// "log" is no proof: /var has one. Segments without a tail are a log that lost it: a new tail
/// would list none of them.
Result<void> check_ours(const fs::path& data) {
  REFOLD_TRY(const auto names, names_in(data));
  std::set<std::string> begun;
  if (names.contains("log")) {
    REFOLD_TRY(begun, names_in(log_folder(data)));
  }
  if (begun.contains("segments")) {
    REFOLD_TRY(const auto segments, names_in(segments_folder(data)));
    if (segments.empty()) return ok();
    return Error{Errc::corrupt, "the newest part of the log, " +
                                    (log_folder(data) / "tail.mdb").native() +
                                    ", is gone, and segments are still there; put it back from "
                                    "the backup that goes with them"};
  }
  const bool empty = names.empty() || (names.size() == 1 && names.contains("log"));
  if (empty && begun.empty()) return ok();
  return Error{Errc::invalid, "the folder " + data.native() +
                                  " holds other things and no log; name an empty folder, or one "
                                  "that does not exist yet"};
}

/// The folders of a log; private to its owner if there is no log in them yet.
Result<void> make_folders(const fs::path& data) {
  REFOLD_TRY(const auto existing, newest_tail(log_folder(data)));
  if (existing) return ok();
  REFOLD_CHECK(make_folder(data));
  REFOLD_CHECK(check_ours(data));
  for (const fs::path& folder : {data, log_folder(data), segments_folder(data)}) {
    REFOLD_CHECK(make_folder(folder));
    if (chmod(folder.c_str(), folder_mode) != 0) {
      return system_error("make the folder " + folder.native() + " private", errno);
    }
  }
  return sync_way_to(data);
}

/// What opening may wait for in vain is named with the whole path, once.
Error cannot_open(const fs::path& data, std::string_view how, Error error) {
  return within("cannot open the log in " + data.native() + " " + std::string(how),
                std::move(error));
}

}  // namespace

WitnessLog::Impl::Impl(fs::path data_folder, const LogOptions& log_options,
                       std::optional<WriterLock> writer_lock, ProcessClaim process_claim,
                       std::unique_ptr<Tail> opened)
    : data(std::move(data_folder)),
      options(log_options),
      everything(everything_matcher()),
      lock(std::move(writer_lock)),
      claim(std::move(process_claim)),
      tail(std::move(opened)),
      segments(segments_folder(data), tail->identity().log_id, options.open_segments_bytes),
      frames(options.frame_cache_bytes) {}

Result<void> WitnessLog::Impl::recover() {
  const fs::path folder = log_folder(data);
  REFOLD_TRY(const auto current, newest_tail(folder));
  REFOLD_CHECK(remove_other_tails(folder, current.value_or(0)));
  REFOLD_CHECK(make_folder(segments_folder(data)));
  REFOLD_CHECK(sync_folder(data));
  REFOLD_CHECK(sync_name(fs::absolute(data)));
  REFOLD_CHECK(remove_unlisted_segments(*this));
  // On a full disk the log opens all the same; the next seal() goes on with it.
  if (auto pruned = prune(*this); pruned.has_error() && pruned.error().code != Errc::no_space) {
    return pruned;
  }
  return finish_redaction(*this);
}

WitnessLog::WitnessLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WitnessLog::~WitnessLog() = default;

Result<std::unique_ptr<WitnessLog>> WitnessLog::open_writer(const fs::path& data,
                                                            const LogOptions& options) {
  const auto failed = [&](Error error) { return cannot_open(data, "to write", std::move(error)); };
  if (auto made = make_folders(data); made.has_error()) return failed(std::move(made).error());
  auto lock = WriterLock::take(log_folder(data) / "writer.lock");
  if (lock.has_error()) return failed(std::move(lock).error());
  auto claim = ProcessClaim::take(data);
  if (claim.has_error()) return failed(std::move(claim).error());
  auto tail = Tail::open(log_folder(data), TailAccess::write, options.map_bytes);
  if (tail.has_error()) return failed(std::move(tail).error());
  auto impl =
      std::make_unique<Impl>(data, options, std::move(*lock), std::move(*claim), std::move(*tail));
  if (auto recovered = impl->recover(); recovered.has_error()) {
    return failed(std::move(recovered).error());
  }
  return std::unique_ptr<WitnessLog>(new WitnessLog(std::move(impl)));
}

Result<std::unique_ptr<WitnessLog>> WitnessLog::open_reader(const fs::path& data,
                                                            const LogOptions& options) {
  const auto failed = [&](Error error) { return cannot_open(data, "to read", std::move(error)); };
  const auto existing = newest_tail(log_folder(data));
  if (existing.has_error()) return failed(existing.error());
  if (!*existing) return Error{Errc::not_found, "there is no log in " + data.native()};
  auto claim = ProcessClaim::take(data);
  if (claim.has_error()) return failed(std::move(claim).error());
  auto tail = Tail::open(log_folder(data), TailAccess::read, options.map_bytes);
  if (tail.has_error()) return failed(std::move(tail).error());
  auto impl =
      std::make_unique<Impl>(data, options, std::nullopt, std::move(*claim), std::move(*tail));
  return std::unique_ptr<WitnessLog>(new WitnessLog(std::move(impl)));
}

const LogId& WitnessLog::id() const noexcept { return impl_->tail->identity().log_id; }
const fs::path& WitnessLog::data() const noexcept { return impl_->data; }
bool WitnessLog::writable() const noexcept { return impl_->lock.has_value(); }
std::uint64_t WitnessLog::incarnation() const noexcept { return impl_->tail->incarnation(); }

}  // namespace refold::log
