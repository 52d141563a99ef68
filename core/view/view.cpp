#include "core/view/view.h"

#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <utility>

#include "core/base/file.h"
#include "core/lmdb/value.h"
#include "core/view/meta.h"
#include "core/view/view_impl.h"

namespace refold::view {
namespace {

namespace fs = std::filesystem;

constexpr mode_t folder_mode = 0700;
constexpr const char* file_name = "view.mdb";
constexpr const char* lock_file_name = "view.mdb-lock";
constexpr const char* unfinished_name = "view.mdb.new";
constexpr const char* writer_lock_name = "writer.lock";
constexpr const char* names[] = {file_name, lock_file_name, unfinished_name, writer_lock_name};

Error in_folder(std::string_view what, const fs::path& folder, Error error) {
  return within("cannot " + std::string(what) + " the view in " + folder.native(),
                std::move(error));
}

Result<std::vector<TableStat>> empty_tables(std::vector<std::string> tables) {
  std::set<std::string_view> seen;
  std::vector<TableStat> stats;
  if (tables.size() > tables_max) {
    return Error{Errc::invalid, "it would have " + std::to_string(tables.size()) +
                                    " tables, at most " + std::to_string(tables_max)};
  }
  for (const std::string& table : tables) {
    if (table.empty() || table.size() > table_name_bytes_max ||
        table.find('\0') != std::string::npos || !seen.insert(table).second) {
      return Error{Errc::invalid, "a table cannot be called \"" + table +
                                      "\": names differ, and have 1 to " +
                                      std::to_string(table_name_bytes_max) + " bytes"};
    }
  }
  stats.reserve(tables.size());
  for (std::string& table : tables) stats.push_back({std::move(table), 0, {}});
  return stats;
}

/// Nothing is in the folder but what a view that never came to be has left.
Result<void> expect_no_view(const fs::path& folder) {
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator{}; entry.increment(failure)) {
    const std::string name = entry->path().filename().native();
    if (name == file_name) return Error{Errc::invalid, "there is one already"};
    if (name != unfinished_name && name != lock_file_name && name != writer_lock_name) {
      return Error{Errc::invalid, "the folder holds something else: " + name};
    }
  }
  if (failure) return system_error("list the folder", failure.value());
  return ok();
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder.parent_path(), failure);
  if (failure) return system_error("create its folder", failure.value());
  if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST) {
    return system_error("create its folder", errno);
  }
  return ok();
}

/// A new view gets its name when it is complete.
Result<void> make_view(const fs::path& folder, const std::vector<TableStat>& tables,
                       const Checkpoint& checkpoint, const ViewOptions& options) {
  const fs::path unfinished = folder / unfinished_name;
  std::error_code failure;
  for (const fs::path& left : {unfinished, folder / lock_file_name}) {
    fs::remove(left, failure);
    if (failure) return system_error("remove " + left.native(), failure.value());
  }
  REFOLD_CHECK(Environment::create(unfinished, tables, checkpoint, options.map_bytes));
  fs::rename(unfinished, folder / file_name, failure);
  if (failure) return system_error("rename " + unfinished.native(), failure.value());
  REFOLD_CHECK(sync_folder(folder));
  return sync_folder(folder.parent_path());
}

Result<void> expect_view(const fs::path& folder) {
  std::error_code failure;
  if (fs::exists(folder / file_name, failure)) return ok();
  return Error{Errc::not_found, "there is none"};
}

/// As it stays when the program changes its folder; without a slash at its end.
fs::path place_of(const fs::path& folder) {
  const fs::path place = fs::absolute(folder);
  return place.has_filename() ? place : place.parent_path();
}

using Access = Environment::Access;

Result<std::unique_ptr<View::Impl>> open(const fs::path& folder, Access access,
                                         const ViewOptions& options) {
  REFOLD_CHECK(expect_view(folder));
  REFOLD_TRY(ProcessClaim claim, ProcessClaim::take(folder));
  std::optional<WriterLock> lock;
  if (access == Access::write) {
    REFOLD_TRY(WriterLock taken, WriterLock::take(folder / writer_lock_name));
    lock.emplace(std::move(taken));
  }
  REFOLD_TRY(auto environment, Environment::open(folder / file_name, access, options.map_bytes));
  return std::make_unique<View::Impl>(folder, std::move(claim), std::move(lock),
                                      std::move(environment));
}

Result<std::unique_ptr<View::Impl>> create(const fs::path& folder, std::vector<std::string> tables,
                                           const Checkpoint& checkpoint,
                                           const ViewOptions& options) {
  REFOLD_TRY(const std::vector<TableStat> stats, empty_tables(std::move(tables)));
  REFOLD_CHECK(make_folder(folder));
  REFOLD_TRY(ProcessClaim claim, ProcessClaim::take(folder));
  REFOLD_CHECK(expect_no_view(folder));
  REFOLD_TRY(WriterLock lock, WriterLock::take(folder / writer_lock_name));
  REFOLD_CHECK(expect_no_view(folder));
  REFOLD_CHECK(make_view(folder, stats, checkpoint, options));
  REFOLD_TRY(auto environment,
             Environment::open(folder / file_name, Access::write, options.map_bytes));
  return std::make_unique<View::Impl>(folder, std::move(claim), std::move(lock),
                                      std::move(environment));
}

Result<void> remove(const fs::path& folder) {
  std::error_code failure;
  if (!fs::exists(fs::symlink_status(folder, failure))) return ok();
  REFOLD_TRY(const ProcessClaim claim, ProcessClaim::take(folder));
  REFOLD_TRY(const WriterLock lock, WriterLock::take(folder / writer_lock_name));
  for (const char* const name : names) {
    fs::remove(folder / name, failure);
    if (failure) return system_error("remove " + std::string(name), failure.value());
  }
  fs::remove(folder, failure);
  if (failure == std::errc::directory_not_empty) {
    return Error{Errc::invalid, "the folder holds something else, which stays"};
  }
  if (failure) return system_error("remove its folder", failure.value());
  return sync_folder(folder.parent_path());
}

}  // namespace

View::View(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
View::~View() = default;

Result<std::unique_ptr<View>> View::create(const fs::path& folder, std::vector<std::string> tables,
                                           const Checkpoint& checkpoint,
                                           const ViewOptions& options) {
  auto made = view::create(place_of(folder), std::move(tables), checkpoint, options);
  if (made.has_error()) return in_folder("create", folder, std::move(made).error());
  return std::unique_ptr<View>(new View(std::move(*made)));
}

Result<std::unique_ptr<View>> View::open_writer(const fs::path& folder,
                                                const ViewOptions& options) {
  auto opened = open(place_of(folder), Access::write, options);
  if (opened.has_error()) return in_folder("open", folder, std::move(opened).error());
  return std::unique_ptr<View>(new View(std::move(*opened)));
}

Result<std::unique_ptr<View>> View::open_reader(const fs::path& folder,
                                                const ViewOptions& options) {
  auto opened = open(place_of(folder), Access::read, options);
  if (opened.has_error()) return in_folder("open", folder, std::move(opened).error());
  return std::unique_ptr<View>(new View(std::move(*opened)));
}

const fs::path& View::folder() const noexcept { return impl_->folder; }
const std::vector<std::string>& View::tables() const noexcept {
  return impl_->environment->tables();
}

std::size_t View::map_bytes() const noexcept { return impl_->environment->map_bytes(); }

Result<Checkpoint> View::checkpoint() const {
  REFOLD_TRY(const ReadTxn txn, impl_->environment->read());
  return read_checkpoint(txn.get(), impl_->environment->meta(), impl_->environment->file());
}

Result<ViewStat> View::stat() const {
  REFOLD_TRY(const ReadTxn txn, impl_->environment->read());
  return measure(txn);
}

Result<ViewStat> measure(const ReadTxn& txn) {
  const Environment& environment = txn.environment();
  ViewStat stat;
  REFOLD_TRY(stat.tables, read_tables(txn.get(), environment.meta(), environment.file()));
  for (std::uint32_t table = 0; table < stat.tables.size(); ++table) {
    MDB_stat found;
    const int code = mdb_stat(txn.get(), environment.table(table), &found);
    if (code != 0) return environment.error("measure", code);
    const std::size_t pages = found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages;
    stat.bytes += pages * found.ms_psize;
  }
  struct stat status = {};
  if (::fstat(environment.descriptor(), &status) != 0) return environment.error("measure", errno);
  stat.file_bytes = static_cast<std::uint64_t>(status.st_size);
  return stat;
}

Result<void> remove_view(const fs::path& folder) {
  auto removed = view::remove(place_of(folder));
  if (removed.has_error()) return in_folder("remove", folder, std::move(removed).error());
  return ok();
}

}  // namespace refold::view
