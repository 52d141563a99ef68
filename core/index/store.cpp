#include "core/index/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/crash_point.h"
#include "core/lmdb/value.h"

namespace refold::index {
namespace {

constexpr unsigned readers_max = 64;

std::filesystem::path lock_of(const std::filesystem::path& file) { return file.string() + "-lock"; }

}  // namespace

std::string_view name(Table table) noexcept {
  switch (table) {
    case Table::meta: return "meta";
    case Table::heads: return "heads";
    case Table::versions: return "versions";
    case Table::repos: return "repos";
    case Table::missing: return "missing";
    case Table::notices: return "notices";
  }
  return "unknown";
}

Error Store::error(std::string_view what, int code) const {
  return lmdb::lmdb_error("index " + file_.string() + ": " + std::string(what), code);
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file, std::size_t map_bytes,
                                           Access access) {
  std::unique_ptr<Store> store(new Store(file, map_bytes, access));
  REFOLD_CHECK(store->open_environment());
  return store;
}

Result<void> Store::open_environment() {
  const unsigned access = access_ == Access::read ? MDB_RDONLY : 0U;
  const lmdb::EnvOptions options{MDB_NORDAHEAD | access, map_bytes_, table_count, readers_max};
  const int code = lmdb::open_env(file_, options, environment_);
  if (code != 0) return error("cannot open", code);
  auto opened = open_tables();
  if (!opened) environment_.reset();
  return opened;
}

Result<void> Store::open_tables() {
  const bool reading = access_ == Access::read;
  REFOLD_TRY(MDB_txn* const transaction, begin(reading ? MDB_RDONLY : 0U));
  int code = 0;
  for (std::size_t table = 0; table < table_count && code == 0; ++table) {
    code = mdb_dbi_open(transaction, name(static_cast<Table>(table)).data(),
                        reading ? 0U : static_cast<unsigned>(MDB_CREATE), &tables_[table]);
  }
  if (code != 0) {
    mdb_txn_abort(transaction);
    // A file without its tables is nobody's index.
    return error("cannot open its tables", code == MDB_NOTFOUND ? MDB_INVALID : code);
  }
  code = mdb_txn_commit(transaction);
  if (code != 0) return error("cannot commit", code);
  return ok();
}

Result<void> Store::reopen() {
  for (Snapshot* snapshot : snapshots_) snapshot->abandon();
  environment_.reset();
  return open_environment();
}

Result<MDB_txn*> Store::begin(unsigned flags) {
  if (environment_ == nullptr) {
    return Error{Errc::io, "index " + file_.string() +
                               " is closed: a write failed, and it could not be opened again"};
  }
  MDB_txn* transaction = nullptr;
  const int code = mdb_txn_begin(environment_.get(), nullptr, flags, &transaction);
  if (code != 0) return error("cannot begin a transaction", code);
  return transaction;
}

void Store::release_snapshots() noexcept {
  for (Snapshot* snapshot : snapshots_) snapshot->release();
}

Store::Snapshot::Snapshot(Store& store) : store_(store) { store.snapshots_.push_back(this); }

Store::Snapshot::~Snapshot() {
  abandon();
  std::erase(store_.snapshots_, this);
}

Result<void> Store::Snapshot::take() {
  if (taken_) return ok();
  if (transaction_ == nullptr) {
    REFOLD_TRY(transaction_, store_.begin(MDB_RDONLY));
  } else if (const int code = mdb_txn_renew(transaction_); code != 0) {
    return store_.error("cannot read", code);
  }
  taken_ = true;
  return ok();
}

void Store::Snapshot::abandon() noexcept {
  if (transaction_ != nullptr) mdb_txn_abort(std::exchange(transaction_, nullptr));
  taken_ = false;
}

void Store::Snapshot::release() noexcept {
  if (taken_) mdb_txn_reset(transaction_);
  taken_ = false;
}

Result<std::optional<ByteView>> Store::Snapshot::get(Table table, ByteView key) {
  REFOLD_CHECK(take());
  MDB_val name = lmdb::to_value(key);
  MDB_val value{};
  const int code = mdb_get(transaction_, store_.handle(table), &name, &value);
  if (code == MDB_NOTFOUND) return std::optional<ByteView>();
  if (code != 0) return store_.error("cannot read", code);
  return std::optional(lmdb::view_of(value));
}

Result<void> Store::Snapshot::scan(Table table, ByteView from, const Visitor& visit) {
  REFOLD_CHECK(take());
  lmdb::Cursor cursor;
  int code = lmdb::open_cursor(transaction_, store_.handle(table), cursor);
  if (code != 0) return store_.error("cannot read", code);
  MDB_val key = lmdb::to_value(from);
  MDB_val value{};
  code = mdb_cursor_get(cursor.get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (code == 0) {
    REFOLD_TRY(const bool more, visit(lmdb::view_of(key), lmdb::view_of(value)));
    if (!more) return ok();
    code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT);
  }
  if (code != MDB_NOTFOUND) return store_.error("cannot read", code);
  return ok();
}

Result<Store::Update> Store::Update::begin(Store& store) {
  REFOLD_TRY(MDB_txn* const transaction, store.begin(0));
  return Update(store, transaction);
}

Store::Update::Update(Update&& other) noexcept
    : store_(other.store_),
      transaction_(std::exchange(other.transaction_, nullptr)),
      cursors_(std::exchange(other.cursors_, {})) {}

Store::Update::~Update() {
  end();
  if (transaction_ != nullptr) mdb_txn_abort(transaction_);
}

void Store::Update::end() noexcept {
  for (MDB_cursor*& cursor : cursors_) {
    if (cursor != nullptr) mdb_cursor_close(cursor);
    cursor = nullptr;
  }
}

Result<MDB_cursor*> Store::Update::cursor(Table table) {
  MDB_cursor*& cursor = cursors_[static_cast<std::size_t>(table)];
  if (cursor == nullptr) {
    const int code = mdb_cursor_open(transaction_, store_.handle(table), &cursor);
    if (code != 0) return store_.error("cannot write", code);
  }
  return cursor;
}

Result<void> Store::Update::put(Table table, ByteView key, ByteView value) {
  REFOLD_TRY(MDB_cursor* const at, cursor(table));
  MDB_val name = lmdb::to_value(key);
  MDB_val content = lmdb::to_value(value);
  const int code = mdb_cursor_put(at, &name, &content, 0);
  if (code != 0) return store_.error("cannot write", code);
  return ok();
}

Result<void> Store::Update::remove(Table table, ByteView key) {
  MDB_val name = lmdb::to_value(key);
  const int code = mdb_del(transaction_, store_.handle(table), &name, nullptr);
  if (code != 0 && code != MDB_NOTFOUND) return store_.error("cannot write", code);
  return ok();
}

Result<std::optional<ByteView>> Store::Update::get(Table table, ByteView key) {
  MDB_val name = lmdb::to_value(key);
  MDB_val value{};
  const int code = mdb_get(transaction_, store_.handle(table), &name, &value);
  if (code == MDB_NOTFOUND) return std::optional<ByteView>();
  if (code != 0) return store_.error("cannot read", code);
  return std::optional(lmdb::view_of(value));
}

Result<void> Store::Update::commit() {
  end();
  const int code = mdb_txn_commit(std::exchange(transaction_, nullptr));
  if (code != 0) return store_.error("cannot commit", code);
  return ok();
}

Result<void> remove_store(const std::filesystem::path& file) {
  for (const auto& path : {file, lock_of(file)}) {
    std::error_code failure;
    std::filesystem::remove(path, failure);
    if (failure) return system_error("remove " + path.string(), failure.value());
  }
  return ok();
}

Result<void> replace_store(const std::filesystem::path& fresh, const std::filesystem::path& file) {
  std::error_code failure;
  // The lock file of the old one speaks of the old one's transactions.
  std::filesystem::remove(lock_of(file), failure);
  std::filesystem::remove(lock_of(fresh), failure);
  crash_point("reindex.swap");
  std::filesystem::rename(fresh, file, failure);
  if (failure) return system_error("rename " + fresh.string(), failure.value());
  const std::string folder = file.parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) return system_error("sync " + folder, reason);
  return ok();
}

}  // namespace refold::index
