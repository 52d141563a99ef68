#include "core/view/merge.h"

#include "core/lmdb/env.h"
#include "core/lmdb/value.h"
#include "core/view/damage.h"
#include "core/view/stored_key.h"

namespace refold::view {
namespace {

/// No code of LMDB: two keys have one stored form. To make two takes 2^64 attempts.
constexpr int other_key = -1;

/// Entries lie where they came, not in order: without this each of them is waited for.
constexpr std::ptrdiff_t fetched_ahead = 8;
void fetch(const Entry* entry) noexcept {
  constexpr std::size_t line_bytes = 64;
  __builtin_prefetch(entry);
  __builtin_prefetch(reinterpret_cast<const std::uint8_t*>(entry) + line_bytes);
}

class Merge {
 public:
  Merge(MDB_txn* txn, MDB_dbi database, TableStat& stat)
      : txn_(txn), database_(database), stat_(stat) {}

  /// These return LMDB's code.
  [[nodiscard]] int begin();
  [[nodiscard]] int apply(const Entry& change);

 private:
  [[nodiscard]] int put(ByteView key, ByteView row);
  [[nodiscard]] int append(ByteView key, ByteView row);
  [[nodiscard]] int replace(const StoredKey& stored, ByteView key, ByteView row, MDB_val old);
  [[nodiscard]] int remove(ByteView key);
  void count(ByteView key, ByteView row);
  [[nodiscard]] Digest digest(ByteView key, ByteView row) const {
    return digest_of(stat_.name, key, row);
  }

  MDB_txn* txn_;
  MDB_dbi database_;
  TableStat& stat_;
  lmdb::Cursor cursor_;
  Bytes last_;  ///< the last key before the merge
  Bytes joined_;
};

int Merge::begin() {
  if (const int code = lmdb::open_cursor(txn_, database_, cursor_); code != 0) return code;
  MDB_val key;
  MDB_val value;
  const int code = mdb_cursor_get(cursor_.get(), &key, &value, MDB_LAST);
  if (code != 0) return code == MDB_NOTFOUND ? 0 : code;
  const ByteView last = lmdb::view_of(key);
  last_.assign(last.begin(), last.end());
  return 0;
}

int Merge::apply(const Entry& change) {
  const ByteView key = change.key();
  if (change.removed) return remove(key);
  // Long keys lie in the order of their hashes. Behind them no short key that comes later sorts
  // lower, so what is appended is in order all the same.
  if (!is_long(key) && compare(key, last_) > 0) return append(key, change.content());
  return put(key, change.content());
}

int Merge::append(ByteView key, ByteView row) {
  MDB_val name = lmdb::to_value(key);
  MDB_val value = lmdb::to_value(row);
  const int code = mdb_cursor_put(cursor_.get(), &name, &value, MDB_APPEND);
  if (code == 0) count(key, row);
  return code;
}

int Merge::put(ByteView key, ByteView row) {
  const StoredKey stored(key);
  MDB_val name = lmdb::to_value(stored.view());
  MDB_val value = lmdb::to_value(value_of(key, row, joined_));
  const int code = mdb_cursor_put(cursor_.get(), &name, &value, MDB_NOOVERWRITE);
  if (code == MDB_KEYEXIST) return replace(stored, key, row, value);
  if (code == 0) count(key, row);
  return code;
}

/// Precondition: the cursor is at the row, which is `old`.
int Merge::replace(const StoredKey& stored, ByteView key, ByteView row, MDB_val old) {
  KeyAndRow found;
  if (!split(stored.view(), lmdb::view_of(old), found)) return MDB_CORRUPTED;
  if (!equal(found.key, key)) return other_key;
  if (equal(found.row, row)) return 0;
  stat_.digest.subtract(digest(key, found.row));
  stat_.digest.add(digest(key, row));
  MDB_val name = lmdb::to_value(stored.view());
  MDB_val value = lmdb::to_value(value_of(key, row, joined_));
  return mdb_cursor_put(cursor_.get(), &name, &value, MDB_CURRENT);
}

int Merge::remove(ByteView key) {
  const StoredKey stored(key);
  MDB_val name = lmdb::to_value(stored.view());
  MDB_val value;
  const int code = mdb_cursor_get(cursor_.get(), &name, &value, MDB_SET);
  if (code != 0) return code == MDB_NOTFOUND ? 0 : code;
  KeyAndRow found;
  if (!split(stored.view(), lmdb::view_of(value), found)) return MDB_CORRUPTED;
  if (!equal(found.key, key)) return other_key;
  stat_.digest.subtract(digest(key, found.row));
  --stat_.rows;
  return mdb_cursor_del(cursor_.get(), 0);
}

void Merge::count(ByteView key, ByteView row) {
  stat_.digest.add(digest(key, row));
  ++stat_.rows;
}

}  // namespace

Result<void> merge(WriteTxn& txn, MDB_dbi database, std::span<const Entry* const> changes,
                   TableStat& stat) {
  const std::string table = "the table " + stat.name;
  int code = 0;
  const Entry* at = nullptr;
  {
    Merge merging(txn.get(), database, stat);
    code = merging.begin();
    for (auto change = changes.begin(); code == 0 && change != changes.end(); ++change) {
      if (changes.end() - change > fetched_ahead) fetch(change[fetched_ahead]);
      at = *change;
      code = merging.apply(*at);
    }
  }
  MDB_stat found;
  if (code == 0) code = mdb_stat(txn.get(), database, &found);
  if (code == other_key) {
    return txn.refuse(damaged(table, "another key has the hash of " + key_text(at->key())));
  }
  if (code != 0) return txn.fail("write to " + table + " of", code);
  if (found.ms_entries == stat.rows) return ok();
  return txn.refuse(damaged(table, "it has " + std::to_string(found.ms_entries) +
                                       " rows instead of " + std::to_string(stat.rows)));
}

}  // namespace refold::view
