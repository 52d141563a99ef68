#include "core/index/flush.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/crash_point.h"
#include "core/index/lookup.h"

namespace refold::index {
namespace {

/// Pointers to the entries, in key order.
template <class Entry>
std::vector<const Entry*> sorted(const std::vector<Entry>& entries) {
  struct Place {
    std::uint64_t start;  // of the key: settles nearly every comparison
    const Entry* entry;
  };
  std::vector<Place> places;
  places.reserve(entries.size());
  for (const Entry& entry : entries) places.push_back({load_be64(entry.key.data()), &entry});
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.start != b.start ? a.start < b.start : a.entry->key < b.entry->key;
  });
  std::vector<const Entry*> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back(place.entry);
  return order;
}

/// Rows, committed in slices: LMDB keeps every page that a transaction changes in memory.
class Slices {
 public:
  Slices(Store& store, std::size_t rows_max) : store_(store), rows_max_(rows_max) {}

  Result<void> put(Table table, ByteView key, ByteView value) {
    REFOLD_CHECK(make_room());
    return update_->put(table, key, value);
  }
  Result<void> remove(Table table, ByteView key) {
    REFOLD_CHECK(make_room());
    return update_->remove(table, key);
  }
  Result<std::optional<ByteView>> get(Table table, ByteView key) {
    REFOLD_CHECK(make_room());
    return update_->get(table, key);
  }
  Result<void> commit() {
    if (!update_) return ok();
    REFOLD_CHECK(update_->commit());
    update_.reset();
    rows_ = 0;
    return ok();
  }

 private:
  Result<void> make_room() {
    if (rows_ >= rows_max_) {
      REFOLD_CHECK(commit());
      crash_point("index.slice");
    }
    if (!update_) {
      REFOLD_TRY(Store::Update update, Store::Update::begin(store_));
      update_.emplace(std::move(update));
    }
    ++rows_;
    return ok();
  }

  Store& store_;
  std::size_t rows_max_;
  std::size_t rows_ = 0;
  std::optional<Store::Update> update_;
};

Result<void> write_heads(Slices& to, const Overlay& changes) {
  std::array<std::uint8_t, head_row_bytes> row;
  std::array<std::uint8_t, seq_row_bytes> missing_row;
  for (const auto* entry : sorted(changes.heads())) {
    const auto& [head, was_missing] = entry->value;
    // The head last: once it is there, nothing of the record is written again.
    if (to_be_fetched(head)) {
      encode_seq(entry->key, head.seq, missing_row.data());
      REFOLD_CHECK(to.put(Table::missing, entry->key, missing_row));
    } else if (was_missing) {
      REFOLD_CHECK(to.remove(Table::missing, entry->key));
    }
    encode_head(entry->key, head, row.data());
    REFOLD_CHECK(to.put(Table::heads, entry->key, row));
  }
  return ok();
}

template <class Entry>
Result<void> write_seqs(Slices& to, Table table, const std::vector<Entry>& entries) {
  std::array<std::uint8_t, seq_row_bytes> row;
  for (const auto* entry : sorted(entries)) {
    encode_seq(entry->key, entry->value, row.data());
    REFOLD_CHECK(to.put(table, entry->key, row));
  }
  return ok();
}

Result<void> write_repos(Slices& to, const Overlay& changes) {
  for (const auto* entry : sorted(changes.repos())) {
    REFOLD_TRY(const auto old_row, to.get(Table::repos, entry->key));
    std::optional<RepoState> old;
    if (old_row) {
      REFOLD_TRY(RepoRow found, decode_repo(entry->key, *old_row));
      // Most changes of a busy repo's rev are lost to a newer one; those need no write.
      if (!entry->value.state && found.state.rev >= entry->value.rev) continue;
      old = std::move(found.state);
    }
    const RepoRow row{std::string(entry->value.did), *changed(std::move(old), &entry->value)};
    REFOLD_CHECK(to.put(Table::repos, entry->key, encode_repo(entry->key, row)));
  }
  return ok();
}

}  // namespace

Result<void> write_changes(Store& store, const Overlay& changes, const Checkpoint& checkpoint,
                           std::size_t slice_rows) {
  crash_point("index.flush_begin");
  Slices slices(store, slice_rows);
  REFOLD_CHECK(slices.put(Table::meta, goal_key(), encode_checkpoint(checkpoint)));
  // Before the heads: whoever finds a head that is newer than the checkpoint finds the versions
  // too.
  REFOLD_CHECK(write_seqs(slices, Table::versions, changes.versions()));
  REFOLD_CHECK(write_heads(slices, changes));
  REFOLD_CHECK(write_repos(slices, changes));
  REFOLD_CHECK(write_seqs(slices, Table::notices, changes.notices()));
  REFOLD_CHECK(slices.put(Table::meta, checkpoint_key(), encode_checkpoint(checkpoint)));
  REFOLD_CHECK(slices.commit());
  crash_point("index.flushed");
  return ok();
}

}  // namespace refold::index
