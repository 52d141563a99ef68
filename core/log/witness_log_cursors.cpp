#include "core/base/wire.h"
#include "core/log/damage.h"
#include "core/log/limits.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

/// Marks are handed out in batches, so that no transaction is open during a visit.
constexpr std::size_t batch_values_max = 4096;
constexpr std::size_t batch_bytes_max = std::size_t{1} << 20;

struct Entry {
  std::string key;
  std::string value;
};

Result<CursorEntry> decode_cursor(std::string_view name, ByteView stored) {
  WireReader in(stored);
  CursorEntry entry;
  entry.name = name;
  entry.updated_us = in.fixed<std::int64_t>();
  entry.value = text_of(in.bytes(in.left()));
  if (in.failed()) return damaged("cursor " + entry.name, "its value is malformed");
  return entry;
}

std::string label(const TailReadTxn& txn, std::string_view what) {
  return txn.env().file().native() + ": " + std::string(what);
}

/// The next entries of a database behind the key `after` (empty: from the first on).
Result<std::vector<Entry>> read_batch(const TailReadTxn& txn, MDB_dbi database,
                                      std::string_view what, const std::string& after) {
  std::vector<Entry> batch;
  std::size_t bytes = 0;
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn.get(), database, &cursor);
  if (code != 0) return lmdb_error("cannot read " + label(txn, what), code);
  const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> closes(cursor, mdb_cursor_close);
  MDB_val key = to_value(bytes_of(after));
  MDB_val stored;
  code = mdb_cursor_get(cursor, &key, &stored, after.empty() ? MDB_FIRST : MDB_SET_RANGE);
  if (code == 0 && !after.empty() && text_of(view_of(key)) == after) {
    code = mdb_cursor_get(cursor, &key, &stored, MDB_NEXT);
  }
  while (code == 0 && batch.size() < batch_values_max && bytes < batch_bytes_max) {
    const std::string_view name = text_of(view_of(key));
    REFOLD_TRY(const ByteView value, open_value(label(txn, what) + " " + std::string(name),
                                                view_of(key), view_of(stored)));
    batch.push_back({std::string(name), std::string(text_of(value))});
    bytes += key.mv_size + stored.mv_size;
    code = mdb_cursor_get(cursor, &key, &stored, MDB_NEXT);
  }
  if (code != 0 && code != MDB_NOTFOUND) {
    return lmdb_error("cannot read " + label(txn, what), code);
  }
  return batch;
}

}  // namespace

Result<std::optional<std::string>> WitnessLog::cursor(std::string_view name) const {
  if (name.empty()) return std::optional<std::string>{};
  REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
  const std::string what = "cursor " + std::string(name);
  REFOLD_TRY(const auto stored,
             get_value(txn.get(), txn.databases().cursors, label(txn, what), bytes_of(name)));
  if (!stored) return std::optional<std::string>{};
  REFOLD_TRY(CursorEntry entry, decode_cursor(name, *stored));
  return std::optional<std::string>(std::move(entry.value));
}

Result<std::vector<CursorEntry>> WitnessLog::cursors() const {
  std::vector<CursorEntry> entries;
  for (;;) {
    const std::string after = entries.empty() ? std::string() : entries.back().name;
    REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
    REFOLD_TRY(const auto batch, read_batch(txn, txn.databases().cursors, "cursor", after));
    if (batch.empty()) return entries;
    for (const Entry& found : batch) {
      REFOLD_TRY(CursorEntry entry, decode_cursor(found.key, bytes_of(found.value)));
      entries.push_back(std::move(entry));
    }
  }
}

Result<void> WitnessLog::remove_cursor(std::string_view name) {
  if (!writable()) return Error{Errc::unsupported, "this log is open for reading only"};
  if (name.empty()) return ok();
  const std::lock_guard lock(impl_->append_mutex);
  REFOLD_TRY(TailWriteTxn txn, impl_->tail->write());
  MDB_val key = to_value(bytes_of(name));
  const int code = mdb_del(txn.get(), txn.databases().cursors, &key, nullptr);
  if (code == MDB_NOTFOUND) return ok();
  if (code != 0) return txn.fail("remove a cursor from", code);
  return txn.commit("remove a cursor from");
}

Result<std::optional<std::string>> WitnessLog::mark(std::string_view key) const {
  if (key.empty()) return std::optional<std::string>{};
  REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
  REFOLD_TRY(const auto stored, get_value(txn.get(), txn.databases().marks,
                                          label(txn, "mark " + std::string(key)), bytes_of(key)));
  if (!stored) return std::optional<std::string>{};
  return std::optional<std::string>(text_of(*stored));
}

Result<void> WitnessLog::visit_marks(
    const std::function<Result<void>(std::string_view key, std::string_view value)>& visit) const {
  std::string after;
  for (;;) {
    std::vector<Entry> batch;
    {
      REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
      REFOLD_TRY(batch, read_batch(txn, txn.databases().marks, "mark", after));
    }
    if (batch.empty()) return ok();
    after = batch.back().key;
    for (const Entry& entry : batch) REFOLD_CHECK(visit(entry.key, entry.value));
  }
}

}  // namespace refold::log
