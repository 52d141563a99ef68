#include "core/log/tail/env.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/log/damage.h"
#include "core/log/tail/value.h"

namespace refold::log {
namespace {

constexpr MDB_dbi databases_max = 8;

unsigned flags_of(TailAccess access) noexcept {
  switch (access) {
    case TailAccess::read: return MDB_RDONLY;
    case TailAccess::write: return 0;
    case TailAccess::copy: return MDB_NOLOCK;
  }
  return 0;
}

Error no_log_yet(const std::filesystem::path& file) {
  return {Errc::not_found, file.native() + ": it holds no log yet"};
}

Result<Identity> new_identity() {
  Identity identity;
  identity.created_us = now_us();
  if (getrandom(identity.log_id.data(), identity.log_id.size(), 0) !=
      static_cast<ssize_t>(identity.log_id.size())) {
    return system_error("get random bytes for a log id", errno);
  }
  return identity;
}

int open_each(MDB_txn* txn, unsigned create, TailDatabases& to) {
  int code = mdb_dbi_open(txn, "meta", create, &to.meta);
  if (code == 0) {
    code = mdb_dbi_open(txn, "events", create == 0 ? 0 : create | MDB_INTEGERKEY, &to.events);
  }
  if (code == 0) code = mdb_dbi_open(txn, "cursors", create, &to.cursors);
  if (code == 0) code = mdb_dbi_open(txn, "segments", create, &to.segments);
  if (code == 0) code = mdb_dbi_open(txn, "marks", create, &to.marks);
  return code;
}

}  // namespace

Result<TailEnv> TailEnv::open(const std::filesystem::path& file, TailAccess access,
                              std::size_t map_bytes) {
  TailEnv tail;
  tail.file_ = file;
  const lmdb::EnvOptions options{flags_of(access), map_bytes, databases_max, readers_max};
  const int code = lmdb::open_env(file, options, tail.env_);
  if (code == ENOENT) return Error{Errc::not_found, file.native() + ": there is no such file"};
  // LMDB wants to write the first pages of an empty file.
  if (code == EBADF && access == TailAccess::read) return no_log_yet(file);
  if (code != 0) return tail.error("open", code);
  REFOLD_TRY(const bool has_log, tail.has_log());
  if (!has_log) {
    if (access == TailAccess::read) return no_log_yet(file);
    REFOLD_CHECK(tail.initialise());
  }
  REFOLD_CHECK(tail.open_databases());
  return tail;
}

bool TailEnv::replaced() const noexcept {
  mdb_filehandle_t handle = -1;
  struct stat status = {};
  return mdb_env_get_fd(env_.get(), &handle) == 0 && fstat(handle, &status) == 0 &&
         status.st_nlink == 0;
}

/// Looks at the format before anything else is believed.
Result<bool> TailEnv::has_log() const {
  lmdb::Txn txn;
  if (const int code = txn.begin(env_.get(), MDB_RDONLY); code != 0) return error("read", code);
  MDB_dbi meta = 0;
  int code = mdb_dbi_open(txn.get(), "meta", 0, &meta);
  if (code == MDB_NOTFOUND) return false;
  MDB_val key = to_value(bytes_of(meta_key::format));
  MDB_val stored;
  if (code == 0) code = mdb_get(txn.get(), meta, &key, &stored);
  if (code != 0) return error("read the format version of", code);
  if (stored.mv_size != sizeof(std::uint32_t)) {
    return damaged(file_.native(), "its format version is malformed");
  }
  const auto version = load_le<std::uint32_t>(view_of(stored).data());
  if (version > log_format_version) {
    return Error{Errc::newer_format, file_.native() + ": it has format version " +
                                         std::to_string(version) + ", this program knows up to " +
                                         std::to_string(log_format_version) +
                                         "; use the newer program that wrote it"};
  }
  return true;
}

Result<void> TailEnv::initialise() {
  REFOLD_TRY(const Identity identity, new_identity());
  std::uint8_t version[sizeof log_format_version];
  store_le(version, log_format_version);
  lmdb::Txn txn;
  TailDatabases databases;
  int code = txn.begin(env_.get(), 0);
  if (code == 0) code = open_each(txn.get(), MDB_CREATE, databases);
  if (code == 0) {
    MDB_val key = to_value(bytes_of(meta_key::format));
    MDB_val value = to_value(version);
    code = mdb_put(txn.get(), databases.meta, &key, &value, 0);
  }
  if (code == 0) {
    code = put_value(txn.get(), databases.meta, bytes_of(meta_key::identity), encode(identity));
  }
  if (code == 0) {
    code = put_value(txn.get(), databases.meta, bytes_of(meta_key::state), encode(TailState{}));
  }
  if (code == 0) code = txn.commit();
  if (code != 0) return error("create a log in", code);
  return ok();
}

Result<void> TailEnv::open_databases() {
  lmdb::Txn txn;
  int code = txn.begin(env_.get(), MDB_RDONLY);
  if (code == 0) code = open_each(txn.get(), 0, databases_);
  if (code != 0) return error("open the databases of", code);
  REFOLD_TRY(const auto value, get_value(txn.get(), databases_.meta, file_.native() + ": identity",
                                         bytes_of(meta_key::identity)));
  if (!value || !decode(*value, identity_)) return damaged(file_.native(), "its identity is gone");
  // A handle opened in a transaction is kept only if that commits, even if it only reads.
  if (code = txn.commit(); code != 0) return error("open the databases of", code);
  return ok();
}

Error TailEnv::error(std::string_view what, int code) const {
  return lmdb_error("cannot " + std::string(what) + " " + file_.native(), code);
}

Result<TailState> read_state(MDB_txn* txn, const TailEnv& env) {
  const std::string what = env.file().native() + ": state";
  REFOLD_TRY(const auto value,
             get_value(txn, env.databases().meta, what, bytes_of(meta_key::state)));
  TailState state;
  if (!value || !decode(*value, state)) return damaged(what, "it is malformed");
  return state;
}

Result<ClockJump> read_clock_jump(MDB_txn* txn, const TailDatabases& databases) {
  constexpr std::string_view what = "the clock's largest jump";
  REFOLD_TRY(const auto value, get_value(txn, databases.meta, what, bytes_of(meta_key::clock)));
  ClockJump jump;
  if (value && !decode(*value, jump)) return damaged(what, "it is malformed");
  return jump;
}

}  // namespace refold::log
