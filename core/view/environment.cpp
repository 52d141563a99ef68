#include "core/view/environment.h"

#include <cerrno>
#include <utility>

#include "core/base/assert.h"
#include "core/lmdb/value.h"
#include "core/view/damage.h"
#include "core/view/meta.h"
#include "core/view/pages.h"

namespace refold::view {
namespace {

/// How long opening anew waits for the snapshots of this process, and keeps new ones waiting.
constexpr std::chrono::milliseconds patience{1000};
/// With less room than this a write that failed has failed for that.
constexpr std::uintmax_t room_bytes_min = std::uintmax_t{1} << 20;

/// Codes that tell of one transaction only: the environment is as good as before.
bool harmless(int code) noexcept {
  return code == MDB_MAP_FULL || code == MDB_TXN_FULL || code == MDB_KEYEXIST ||
         code == MDB_NOTFOUND || code == MDB_BAD_VALSIZE;
}

bool disk_is_full(const std::filesystem::path& file) {
  std::error_code failure;
  const auto room = std::filesystem::space(file.parent_path(), failure);
  return !failure && room.available < room_bytes_min;
}

}  // namespace

ReadTxn::~ReadTxn() {
  if (environment_ == nullptr) return;
  txn_.abort();
  environment_->gate_.leave();
}

WriteTxn::~WriteTxn() { end(); }

void WriteTxn::end() noexcept {
  if (environment_ == nullptr) return;
  txn_.abort();
  std::exchange(environment_, nullptr)->gate_.leave();
}

Result<void> WriteTxn::commit() {
  const int code = environment_->commit(txn_);
  if (code != 0) return fail("commit to", code);
  end();
  return ok();
}

Error WriteTxn::fail(std::string_view what, int code) {
  Environment* const environment = environment_;
  Error failure = environment->error(what, code);
  const std::uint64_t seen = environment->incarnation_;
  end();
  environment->after_failure(code, seen);
  return failure;
}

Error WriteTxn::refuse(Error why) {
  why = within(environment_->file().native(), std::move(why));
  end();
  return why;
}

Result<void> Environment::create(const std::filesystem::path& file,
                                 const std::vector<TableStat>& tables, const Checkpoint& checkpoint,
                                 std::size_t map_bytes) {
  const Environment place(file, Access::write, map_bytes);
  lmdb::Env env;
  // Nobody else knows the file yet.
  const auto databases = static_cast<MDB_dbi>(tables.size() + 1);
  int code = lmdb::open_env(file, {MDB_NOLOCK, map_bytes, databases, readers_max}, env);
  if (code != 0) return place.error("create", code);
  lmdb::Txn txn;
  MDB_dbi database = 0;
  code = txn.begin(env.get(), 0);
  for (const TableStat& table : tables) {
    const std::string name = database_of(table.name);
    if (code == 0) code = mdb_dbi_open(txn.get(), name.c_str(), MDB_CREATE, &database);
  }
  if (code == 0) code = mdb_dbi_open(txn.get(), "meta", MDB_CREATE, &database);
  if (code == 0) code = write_format(txn.get(), database);
  if (code == 0) code = write_meta(txn.get(), database, tables, checkpoint);
  if (code == 0) code = txn.commit();
  if (code != 0) return place.error("create", code);
  return ok();
}

Result<std::unique_ptr<Environment>> Environment::open(std::filesystem::path file, Access access,
                                                       std::size_t map_bytes) {
  std::unique_ptr<Environment> environment(new Environment(std::move(file), access, map_bytes));
  REFOLD_CHECK(environment->open_file());
  return environment;
}

Environment::~Environment() {
  REFOLD_ASSERT(gate_.close_within(std::chrono::milliseconds(0)),
                "a view was closed while a batch or a snapshot of it was open");
}

/// Precondition: nobody is inside the gate.
Result<void> Environment::open_file() {
  // LMDB would believe what it finds, and make a file if there is none.
  REFOLD_CHECK(check_pages(file_));
  const unsigned access = access_ == Access::read ? MDB_RDONLY : MDB_NOMETASYNC;
  const lmdb::EnvOptions options{MDB_NORDAHEAD | access, map_bytes_, tables_max + 1, readers_max};
  const int code = lmdb::open_env(file_, options, env_);
  if (code != 0) return error("open", code);
  (void)mdb_reader_check(env_.get(), nullptr);
  auto opened = open_tables();
  if (opened.has_error()) env_.reset();
  return opened;
}

Result<void> Environment::open_tables() {
  lmdb::Txn txn;
  int code = txn.begin(env_.get(), MDB_RDONLY);
  if (code == 0) code = mdb_dbi_open(txn.get(), "meta", 0, &meta_);
  if (code == MDB_NOTFOUND) return damaged(file_.native(), "it holds no view");
  if (code != 0) return error("open", code);
  REFOLD_CHECK(check_format(txn.get(), meta_, file_));
  REFOLD_TRY(const std::vector<TableStat> stats, read_tables(txn.get(), meta_, file_));
  REFOLD_CHECK(read_checkpoint(txn.get(), meta_, file_));
  std::vector<std::string> names;
  names.reserve(stats.size());
  for (const TableStat& stat : stats) names.push_back(stat.name);
  // Others look at them without entering the gate: what is opened anew leaves them alone.
  if (tables_.empty()) tables_ = names;
  if (names != tables_) return damaged(file_.native(), "it has other tables than before");
  databases_.assign(stats.size(), 0);
  for (std::size_t index = 0; index < stats.size(); ++index) {
    const std::string name = database_of(stats[index].name);
    code = mdb_dbi_open(txn.get(), name.c_str(), 0, &databases_[index]);
    if (code == MDB_NOTFOUND) {
      return damaged(file_.native(), "the table " + stats[index].name + " is gone");
    }
    if (code != 0) return error("open the table " + stats[index].name + " of", code);
  }
  // A handle opened in a transaction is kept only if that commits, even if it only reads.
  if (code = txn.commit(); code != 0) return error("open", code);
  return ok();
}

/// Opens what was `seen` in a bad state anew, unless another thread has done so since.
Result<void> Environment::reopen(std::uint64_t seen) {
  const std::lock_guard lock(reopen_mutex_);
  if (incarnation_ != seen) return ok();
  if (!gate_.close_within(patience)) {
    return Error{Errc::busy, "cannot open " + file_.native() +
                                 " anew while snapshots of it are open; close them, it is tried "
                                 "again"};
  }
  env_.reset();
  auto opened = open_file();
  if (opened.has_value()) ++incarnation_;
  gate_.open();
  return opened;
}

int Environment::begin_read(lmdb::Txn& txn) {
  if (!env_) return MDB_PANIC;
  const int code = txn.begin(env_.get(), MDB_RDONLY);
  if (code != MDB_READERS_FULL) return code;
  (void)mdb_reader_check(env_.get(), nullptr);
  return txn.begin(env_.get(), MDB_RDONLY);
}

Result<ReadTxn> Environment::read() {
  for (bool again = false;; again = true) {
    gate_.enter();
    lmdb::Txn txn;
    const int code = begin_read(txn);
    const std::uint64_t seen = incarnation_;
    if (code == 0) return ReadTxn(this, std::move(txn));
    Error failure = error("read", code);
    gate_.leave();
    // Another process has enlarged the map; or a commit failed, and it could not be opened again.
    if (again || (code != MDB_MAP_RESIZED && code != MDB_PANIC)) return failure;
    REFOLD_CHECK(reopen(seen));
  }
}

Result<WriteTxn> Environment::write() {
  if (access_ == Access::read) {
    return Error{Errc::invalid, file_.native() + ": it was opened to be read only"};
  }
  if (in_doubt_) REFOLD_CHECK(reopen(doubted_));
  in_doubt_ = false;
  gate_.enter();
  lmdb::Txn txn;
  const int code = env_ ? txn.begin(env_.get(), 0) : MDB_PANIC;
  WriteTxn begun(this, std::move(txn));
  if (code != 0) return begun.fail("write to", code);
  (void)mdb_reader_check(env_.get(), nullptr);
  if (mdb_txn_id(begun.get()) <= base_) {
    return begun.refuse({Errc::corrupt,
                         "the disk has lost the last commit; discard the batch, and go on from the "
                         "checkpoint that is there"});
  }
  return begun;
}

/// MDB_NOMETASYNC leaves it to the next commit to make this one durable. After a failed sync it may
/// be the pages of the commit before that never reach the disk; and then a power failure in the
/// midst of the next one would fall back to a commit whose pages that one has used again.
int Environment::commit(lmdb::Txn& txn) {
  const std::uint64_t number = mdb_txn_id(txn.get());
  int code = txn.commit();
  if (code == 0 && unproven_) code = mdb_env_sync(env_.get(), 1);
  if (code != 0) return code;
  unproven_ = false;
  base_ = number;
  return 0;
}

/// After a failed sync the kernel has dropped the dirty pages, and after a failed write of the meta
/// page LMDB does not know which state counts: the handle must not be used again.
void Environment::after_failure(int code, std::uint64_t seen) {
  if (harmless(code)) return;
  unproven_ = true;
  doubted_ = seen;
  in_doubt_ = reopen(seen).has_error();
}

int Environment::descriptor() const noexcept {
  mdb_filehandle_t handle = -1;
  (void)mdb_env_get_fd(env_.get(), &handle);
  return handle;
}

Error Environment::error(std::string_view what, int code) const {
  Error failure = lmdb::lmdb_error("cannot " + std::string(what) + " " + file_.native(), code);
  if (code == EIO && disk_is_full(file_)) failure.code = Errc::no_space;  // a write came up short
  if (code == MDB_MAP_FULL) {
    failure.message += " (its " + std::to_string(map_bytes_) +
                       " bytes of address space are used up); open it with a larger map_bytes";
  } else if (failure.code == Errc::no_space) {
    failure.message += "; free some space on its file system, then it goes on by itself";
  } else if (failure.code == Errc::corrupt) {
    failure.message += remedy;
  } else if (failure.code == Errc::io) {
    failure.message += "; nothing of it counts, check the disk";
  } else if (code == MDB_READERS_FULL) {
    failure.message += "; " + std::to_string(readers_max) + " snapshots are open";
  }
  return failure;
}

}  // namespace refold::view
