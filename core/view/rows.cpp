#include "core/view/rows.h"

#include <algorithm>

#include "core/lmdb/value.h"
#include "core/view/damage.h"
#include "core/view/stored_key.h"

namespace refold::view {
namespace {

/// Before all stored keys of a group (but behind the key that is its prefix), or behind them.
Bytes edge_of(ByteView prefix, bool behind) {
  Bytes edge(prefix.begin(), prefix.end());
  edge.resize(behind ? long_stored_bytes + 1 : prefix_bytes + 1, behind ? 0xff : 0);
  return edge;
}

}  // namespace

Row Rows::fail(std::uint32_t table, std::string_view what, int code) {
  const Environment& environment = txn_.environment();
  error_ = environment.error(
      std::string(what) + " of the table " + environment.tables()[table] + " in", code);
  return Row::failed;
}

Row Rows::get(std::uint32_t table, ByteView key, ByteView& row) {
  const StoredKey stored(key);
  MDB_val name = lmdb::to_value(stored.view());
  MDB_val value;
  const int code = mdb_get(txn_.get(), txn_.environment().table(table), &name, &value);
  if (code == MDB_NOTFOUND) return Row::none;
  if (code != 0) return fail(table, "read the row " + key_text(key), code);
  KeyAndRow found;
  if (!split(stored.view(), lmdb::view_of(value), found)) {
    return fail(table, "read the row " + key_text(key), MDB_CORRUPTED);
  }
  if (is_long(key) && !equal(found.key, key)) return Row::none;
  row = found.row;
  return Row::found;
}

Row RowScan::end(Row outcome) noexcept {
  step_ = Step::ended;
  return outcome;
}

Row RowScan::next() {
  for (;;) {
    int code = 0;
    MDB_val key;
    MDB_val value;
    if (group_ != nullptr && group_left_ == 0 && group_goes_on()) code = load_window();
    if (code == 0 && group_ != nullptr && take_from_group()) break;
    if (code == 0) code = move(key, value);
    if (code == MDB_NOTFOUND) return end(Row::none);
    if (code == 0 && is_long(lmdb::view_of(key))) {
      code = enter_group(lmdb::view_of(key).first(prefix_bytes));
      if (code == 0) continue;
    }
    if (code != 0) return end(rows_.fail(table_, "scan the rows", code));
    at_ = {lmdb::view_of(key), lmdb::view_of(value)};
    break;
  }
  return in_range(at_.key, range_) ? Row::found : end(Row::none);
}

int RowScan::move(MDB_val& key, MDB_val& value) {
  switch (std::exchange(step_, Step::next)) {
    case Step::start: return start(key, value);
    case Step::next:
      return mdb_cursor_get(cursor_.get(), &key, &value, range_.backwards ? MDB_PREV : MDB_NEXT);
    case Step::leave_group: {
      const std::shared_ptr<const Group> left = std::exchange(group_, nullptr);
      return seek(edge_of(left->prefix, !range_.backwards), range_.backwards, key, value);
    }
    case Step::ended: break;
  }
  return MDB_NOTFOUND;
}

int RowScan::start(MDB_val& key, MDB_val& value) {
  const int code =
      lmdb::open_cursor(rows_.txn_.get(), rows_.txn_.environment().table(table_), cursor_);
  if (code != 0) return code;
  const ByteView bound = range_.backwards ? range_.until : range_.from;
  if (bound.empty()) {
    return mdb_cursor_get(cursor_.get(), &key, &value, range_.backwards ? MDB_LAST : MDB_FIRST);
  }
  if (!is_long(bound)) return seek(bound, range_.backwards, key, value);
  // Somewhere in this group, which has another order: it is entered as a whole.
  return seek(edge_of(bound.first(prefix_bytes), range_.backwards), range_.backwards, key, value);
}

/// Goes to the first entry from `stored` on, or to the last one before it.
int RowScan::seek(ByteView stored, bool before, MDB_val& key, MDB_val& value) {
  key = lmdb::to_value(stored);
  const int code = mdb_cursor_get(cursor_.get(), &key, &value, MDB_SET_RANGE);
  if (!before) return code;
  if (code == 0) return mdb_cursor_get(cursor_.get(), &key, &value, MDB_PREV);
  return code == MDB_NOTFOUND ? mdb_cursor_get(cursor_.get(), &key, &value, MDB_LAST) : code;
}

int RowScan::enter_group(ByteView prefix) {
  step_ = Step::leave_group;
  took_from_group_ = false;
  const std::shared_ptr<const Group>& kept = rows_.group_;
  if (kept == nullptr || kept->table != table_ || !equal(kept->prefix, prefix)) {
    auto loaded = std::make_shared<Group>();
    loaded->table = table_;
    loaded->prefix.assign(prefix.begin(), prefix.end());
    if (const int code = load(cursor_.get(), {}, *loaded); code != 0) return code;
    group_ = loaded;
    if (!loaded->complete) return load_window();
    rows_.group_ = loaded;
  } else {
    group_ = kept;
  }
  const auto outside = [&](const KeyAndRow& row, ByteView bound) {
    return compare(row.key, bound) < 0;
  };
  const auto& rows = group_->rows;
  const ByteView bound = range_.backwards ? range_.until : range_.from;
  const auto cut = std::lower_bound(rows.begin(), rows.end(), bound, outside) - rows.begin();
  const auto below = static_cast<std::size_t>(cut);
  group_left_ = range_.backwards ? (bound.empty() ? rows.size() : below) : rows.size() - below;
  return 0;
}

bool RowScan::group_goes_on() const noexcept { return !group_->complete && !group_->rows.empty(); }

/// Loads the rows of a large group that come next.
int RowScan::load_window() {
  Range rest = range_;
  auto window = std::make_shared<Group>();
  window->table = table_;
  window->prefix = group_->prefix;
  if (took_from_group_) {
    bound_.assign(at_.key.begin(), at_.key.end());
    if (!range_.backwards) bound_.push_back(0);  // the next key there can be
    (range_.backwards ? rest.until : rest.from) = bound_;
  }
  if (const int code = load(cursor_.get(), rest, *window); code != 0) return code;
  group_ = window;
  group_left_ = window->rows.size();
  return 0;
}

bool RowScan::take_from_group() {
  if (group_left_ == 0) return false;
  const std::size_t count = group_->rows.size();
  at_ = group_->rows[range_.backwards ? group_left_ - 1 : count - group_left_];
  --group_left_;
  took_from_group_ = true;
  return true;
}

}  // namespace refold::view
