#pragma once

#include <lmdb.h>

#include <filesystem>
#include <memory>
#include <utility>

namespace refold::lmdb {

struct EnvOptions {
  unsigned flags = 0;  ///< besides MDB_NOSUBDIR and MDB_NOTLS
  std::size_t map_bytes = 0;
  MDB_dbi databases_max = 0;
  unsigned readers_max = 0;
};

struct CloseEnv {
  void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
};
/// Closed when it goes. LMDB's rules: a process opens a file once, and no transaction is open when
/// this goes.
using Env = std::unique_ptr<MDB_env, CloseEnv>;

/// Opens the file (new ones with mode 0600). Returns LMDB's code; `env` is null if it is not 0.
[[nodiscard]] int open_env(const std::filesystem::path& file, const EnvOptions& options, Env& env);

/// A transaction that aborts unless it was committed.
class Txn {
 public:
  Txn() = default;
  ~Txn() { abort(); }
  Txn(Txn&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  Txn& operator=(Txn&& other) noexcept {
    std::swap(txn_, other.txn_);
    return *this;
  }

  /// Returns LMDB's code.
  [[nodiscard]] int begin(MDB_env* env, unsigned flags) {
    return mdb_txn_begin(env, nullptr, flags, &txn_);
  }
  /// Returns LMDB's code. Over in any case.
  [[nodiscard]] int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
  void abort() noexcept {
    if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
  }
  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
/// Goes before its transaction.
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

/// Returns LMDB's code; `cursor` is null if it is not 0.
[[nodiscard]] inline int open_cursor(MDB_txn* txn, MDB_dbi database, Cursor& cursor) {
  MDB_cursor* opened = nullptr;
  const int code = mdb_cursor_open(txn, database, &opened);
  cursor.reset(opened);
  return code;
}

}  // namespace refold::lmdb
