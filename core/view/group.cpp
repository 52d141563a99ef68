#include "core/view/group.h"

#include <algorithm>

#include "core/lmdb/value.h"

namespace refold::view {
namespace {

void keep_first(std::vector<KeyAndRow>& rows, bool backwards) {
  const auto nth = rows.begin() + static_cast<std::ptrdiff_t>(group_rows_max);
  std::nth_element(rows.begin(), nth, rows.end(),
                   [backwards](const KeyAndRow& a, const KeyAndRow& b) {
                     return backwards ? compare(b.key, a.key) < 0 : compare(a.key, b.key) < 0;
                   });
  rows.resize(group_rows_max);
}

}  // namespace

bool in_range(ByteView key, const Range& range) noexcept {
  return compare(key, range.from) >= 0 && (range.until.empty() || compare(key, range.until) < 0);
}

int load(MDB_cursor* cursor, const Range& range, Group& to) {
  to.rows.clear();
  to.complete = true;
  // The key that is the prefix itself comes before this, every longer one behind it.
  Bytes first = to.prefix;
  first.push_back(0);
  MDB_val key = lmdb::to_value(first);
  MDB_val value;
  int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    const ByteView stored = lmdb::view_of(key);
    if (stored.size() < prefix_bytes || !equal(stored.first(prefix_bytes), to.prefix)) break;
    KeyAndRow found;
    if (!split(stored, lmdb::view_of(value), found)) return MDB_CORRUPTED;
    if (!in_range(found.key, range)) continue;
    to.rows.push_back(found);
    if (to.rows.size() < 2 * group_rows_max) continue;
    keep_first(to.rows, range.backwards);
    to.complete = false;
  }
  if (code != 0 && code != MDB_NOTFOUND) return code;
  if (to.rows.size() > group_rows_max) {
    keep_first(to.rows, range.backwards);
    to.complete = false;
  }
  std::sort(to.rows.begin(), to.rows.end(),
            [](const KeyAndRow& a, const KeyAndRow& b) { return compare(a.key, b.key) < 0; });
  return 0;
}

}  // namespace refold::view
