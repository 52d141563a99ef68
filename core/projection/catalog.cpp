#include "core/projection/catalog.h"

#include <lmdb.h>

#include <functional>
#include <mutex>
#include <optional>

#include "core/base/file.h"
#include "core/base/lock.h"
#include "core/lmdb/env.h"
#include "core/lmdb/value.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t format_version = 1;
constexpr std::size_t map_bytes = std::size_t{1} << 30;
constexpr unsigned readers_max = 64;
constexpr std::string_view format_key = "format";

struct Databases {
  MDB_dbi meta = 0;
  MDB_dbi projections = 0;
  MDB_dbi plugins = 0;
  MDB_dbi refusals = 0;
};
constexpr MDB_dbi databases_count = 4;

int open_each(MDB_txn* txn, unsigned flags, Databases& to) {
  int code = mdb_dbi_open(txn, "meta", flags, &to.meta);
  if (code == 0) code = mdb_dbi_open(txn, "projections", flags, &to.projections);
  if (code == 0) code = mdb_dbi_open(txn, "plugins", flags, &to.plugins);
  if (code == 0) code = mdb_dbi_open(txn, "refusals", flags, &to.refusals);
  return code;
}

fs::path folder_of(const fs::path& data) { return data / "catalog"; }

/// The environment and its tables. Closed when it goes.
struct Store {
  fs::path file;
  lmdb::Env env;
  Databases databases;

  [[nodiscard]] Error error(std::string_view what, int code) const {
    return lmdb::lmdb_error("cannot " + std::string(what) + " " + file.native(), code);
  }

  /// Errors: `not_found` if `flags` say that it is only read, and there is none.
  static Result<Store> open(const fs::path& data, unsigned flags) {
    Store store;
    store.file = folder_of(data) / "catalog.mdb";
    const lmdb::EnvOptions options{flags, map_bytes, databases_count, readers_max};
    int code = lmdb::open_env(store.file, options, store.env);
    if (code != 0) return store.error("open", code);
    const bool reading = (flags & MDB_RDONLY) != 0;
    lmdb::Txn txn;
    code = txn.begin(store.env.get(), flags & MDB_RDONLY);
    if (code == 0) code = open_each(txn.get(), reading ? 0U : MDB_CREATE, store.databases);
    if (code == MDB_NOTFOUND) return Error{Errc::not_found, store.file.native() + " is empty"};
    if (code != 0) return store.error("open the tables of", code);
    REFOLD_CHECK(store.check_format(txn.get(), reading));
    code = txn.commit();
    if (code != 0) return store.error("open", code);
    return store;
  }

  Result<void> check_format(MDB_txn* txn, bool reading) const {
    REFOLD_TRY(const auto stored, lmdb::get_value(txn, databases.meta, file.native() + ": format",
                                                  bytes_of(format_key)));
    if (!stored) {
      std::uint8_t version[sizeof format_version];
      store_le(version, format_version);
      const int code =
          reading ? 0 : lmdb::put_value(txn, databases.meta, bytes_of(format_key), version);
      return code == 0 ? ok() : Result<void>(error("create", code));
    }
    const std::uint32_t version =
        stored->size() == sizeof format_version ? load_le<std::uint32_t>(stored->data()) : 0;
    if (version == format_version) return ok();
    if (version == 0) return Error{Errc::corrupt, file.native() + ": its format is malformed"};
    return Error{Errc::newer_format, file.native() + ": it has format version " +
                                         std::to_string(version) + ", this program knows up to " +
                                         std::to_string(format_version) +
                                         "; use the newer program that wrote it"};
  }

  /// Calls `take` for each entry of a table, in the order of the keys.
  Result<void> each(MDB_txn* txn, MDB_dbi table, std::string_view what,
                    const std::function<Result<void>(std::string_view, ByteView)>& take) const {
    lmdb::Cursor cursor;
    int code = lmdb::open_cursor(txn, table, cursor);
    MDB_val key;
    MDB_val stored;
    if (code == 0) code = mdb_cursor_get(cursor.get(), &key, &stored, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &stored, MDB_NEXT)) {
      const std::string name(text_of(lmdb::view_of(key)));
      REFOLD_TRY(const ByteView value,
                 lmdb::open_value(file.native() + ": " + std::string(what) + " " + name,
                                  lmdb::view_of(key), lmdb::view_of(stored)));
      REFOLD_CHECK(take(name, value));
    }
    if (code != MDB_NOTFOUND) return error("read", code);
    return ok();
  }

  Result<Catalog::Contents> contents() const {
    Catalog::Contents all;
    lmdb::Txn txn;
    if (const int code = txn.begin(env.get(), MDB_RDONLY); code != 0) return error("read", code);
    REFOLD_CHECK(each(txn.get(), databases.projections, "projection",
                      [&](std::string_view key, ByteView value) -> Result<void> {
                        REFOLD_TRY(all.projections.emplace_back(), decode_projection(key, value));
                        return ok();
                      }));
    REFOLD_CHECK(each(txn.get(), databases.plugins, "plugin",
                      [&](std::string_view key, ByteView value) -> Result<void> {
                        REFOLD_TRY(all.plugins.emplace_back(), decode_plugin(key, value));
                        return ok();
                      }));
    REFOLD_CHECK(each(txn.get(), databases.refusals, "refusal",
                      [&](std::string_view key, ByteView value) -> Result<void> {
                        REFOLD_TRY(all.refusals.emplace_back(), decode_refusal(key, value));
                        return ok();
                      }));
    return all;
  }
};

}  // namespace

struct Catalog::State {
  State(fs::path data_folder, WriterLock taken, ProcessClaim claimed, Store opened)
      : data(std::move(data_folder)),
        lock(std::move(taken)),
        claim(std::move(claimed)),
        store(std::move(opened)) {}

  /// Opens the environment if a failure has closed it.
  Result<void> ensure_open() {
    if (store.env) return ok();
    REFOLD_TRY(store, Store::open(data, 0));
    return ok();
  }

  /// One transaction that changes one entry; null removes it.
  Result<void> change(MDB_dbi Databases::*table, const std::string& key, const Bytes* value) {
    const std::lock_guard guard(mutex);
    REFOLD_CHECK(ensure_open());
    auto done = change_entry(store.databases.*table, key, value);
    // After a failed commit LMDB must not be trusted: it is opened again by whoever comes next.
    if (done.has_error()) store.env.reset();
    return done;
  }

  Result<void> change_entry(MDB_dbi table, const std::string& key, const Bytes* value) const {
    lmdb::Txn txn;
    int code = txn.begin(store.env.get(), 0);
    if (code == 0 && value != nullptr) {
      code = lmdb::put_value(txn.get(), table, bytes_of(key), *value);
    } else if (code == 0) {
      MDB_val gone = lmdb::to_value(bytes_of(key));
      code = mdb_del(txn.get(), table, &gone, nullptr);
      if (code == MDB_NOTFOUND) code = 0;
    }
    if (code == 0) code = txn.commit();
    if (code != 0) return store.error("write", code);
    return ok();
  }

  const fs::path data;
  const WriterLock lock;
  const ProcessClaim claim;
  Store store;
  std::mutex mutex;
};

Catalog::Catalog(std::unique_ptr<State> state) : state_(std::move(state)) {}
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const fs::path& data) {
  const fs::path folder = folder_of(data);
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (!failure) fs::permissions(folder, fs::perms::owner_all, failure);
  if (failure) return system_error("create " + folder.native(), failure.value());
  auto lock = WriterLock::take(folder / "owner.lock");
  if (lock.has_error()) {
    return within("cannot open the projections in " + data.native(), std::move(lock).error());
  }
  REFOLD_TRY(auto claim, ProcessClaim::take(folder));
  REFOLD_TRY(auto store, Store::open(data, 0));
  REFOLD_CHECK(sync_folder(folder));
  REFOLD_CHECK(sync_folder(data));
  return std::unique_ptr<Catalog>(new Catalog(
      std::make_unique<State>(data, std::move(*lock), std::move(claim), std::move(store))));
}

Result<Catalog::Contents> Catalog::read(const fs::path& data) {
  auto store = Store::open(data, MDB_RDONLY);
  if (store.has_value()) return store->contents();
  if (store.error().code == Errc::not_found) return Contents{};
  return std::move(store).error();
}

Result<Catalog::Contents> Catalog::contents() const {
  const std::lock_guard guard(state_->mutex);
  REFOLD_CHECK(state_->ensure_open());
  return state_->store.contents();
}

Result<void> Catalog::put(const ProjectionRecord& record) {
  const Bytes value = encode(record);
  if (decode_projection(record.name, value).has_error()) {
    return Error{Errc::too_large, "the catalog cannot keep so much of projection '" + record.name +
                                      "': at most 100000 names in a list, and 1 MiB in a text"};
  }
  return state_->change(&Databases::projections, record.name, &value);
}
Result<void> Catalog::put(const PluginRecord& record) {
  const Bytes value = encode(record);
  return state_->change(&Databases::plugins, record.file, &value);
}
Result<void> Catalog::put(const RefusalRecord& record) {
  const Bytes value = encode(record);
  return state_->change(&Databases::refusals, record.hash, &value);
}
Result<void> Catalog::remove_projection(const std::string& name) {
  return state_->change(&Databases::projections, name, nullptr);
}
Result<void> Catalog::remove_plugin(const std::string& file) {
  return state_->change(&Databases::plugins, file, nullptr);
}
Result<void> Catalog::remove_refusal(const std::string& hash) {
  return state_->change(&Databases::refusals, hash, nullptr);
}

}  // namespace refold::projection
