#include "core/base/crash_point.h"
#include "core/log/damage.h"
#include "core/log/redaction.h"
#include "core/log/tail/files.h"
#include "core/log/tail/row.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

namespace fs = std::filesystem;

/// Entries copied in one transaction.
constexpr std::size_t slice_entries = 65'536;

/// Copies entries from the cursor's place on. Returns LMDB's code: MDB_NOTFOUND when all are
/// copied.
int copy_slice(MDB_cursor* from, MDB_cursor_op first, MDB_txn* to_txn, MDB_dbi to,
               unsigned put_flags) {
  MDB_val key;
  MDB_val value;
  int code = mdb_cursor_get(from, &key, &value, first);
  for (std::size_t entries = 0; code == 0; ++entries) {
    code = mdb_put(to_txn, to, &key, &value, put_flags);
    if (code != 0 || entries + 1 == slice_entries) return code;
    code = mdb_cursor_get(from, &key, &value, MDB_NEXT);
  }
  return code;
}

int copy_database(const TailReadTxn& from_txn, MDB_dbi from, MDB_env* to_env, MDB_dbi to,
                  unsigned put_flags) {
  lmdb::Cursor cursor;
  int code = lmdb::open_cursor(from_txn.get(), from, cursor);
  if (code != 0) return code;
  for (MDB_cursor_op step = MDB_FIRST;; step = MDB_NEXT) {
    lmdb::Txn txn;
    code = txn.begin(to_env, 0);
    if (code != 0) return code;
    const int copied = copy_slice(cursor.get(), step, txn.get(), to, put_flags);
    if (copied != 0 && copied != MDB_NOTFOUND) return copied;
    code = txn.commit();
    if (code != 0 || copied == MDB_NOTFOUND) return code;
  }
}

int copy_all(const TailReadTxn& from_txn, const TailEnv& to) {
  const TailDatabases& source = from_txn.databases();
  const TailDatabases& target = to.databases();
  int code = copy_database(from_txn, source.events, to.get(), target.events, MDB_APPEND);
  if (code == 0) {
    code = copy_database(from_txn, source.cursors, to.get(), target.cursors, MDB_APPEND);
  }
  if (code == 0) {
    code = copy_database(from_txn, source.segments, to.get(), target.segments, MDB_APPEND);
  }
  if (code == 0) code = copy_database(from_txn, source.marks, to.get(), target.marks, MDB_APPEND);
  // Replaces the identity that the new file was given.
  if (code == 0) code = copy_database(from_txn, source.meta, to.get(), target.meta, 0);
  return code;
}

}  // namespace

Result<void> compact_tail(WitnessLog::Impl& log) {
  const fs::path copy = fs::path(log.tail->file()).concat(unfinished);
  std::error_code failure;
  fs::remove(copy, failure);
  {
    REFOLD_TRY(const TailEnv to, TailEnv::open(copy, TailAccess::copy, log.options.map_bytes));
    REFOLD_TRY(const TailReadTxn txn, log.tail->read());
    if (const int code = copy_all(txn, to); code != 0) {
      fs::remove(copy, failure);
      return lmdb_error("cannot copy " + txn.env().file().native(), code);
    }
  }
  crash_point("redact.copied");
  return log.tail->replace(copy);
}

}  // namespace refold::log
