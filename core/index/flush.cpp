#include "core/index/flush.h"

#include <algorithm>
#include <array>
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

Result<void> write_heads(Store::Update& update, const Overlay& changes) {
  std::array<std::uint8_t, head_row_bytes> row;
  std::array<std::uint8_t, seq_row_bytes> missing_row;
  for (const auto* entry : sorted(changes.heads())) {
    const auto& [head, was_missing] = entry->value;
    encode_head(entry->key, head, row.data());
    REFOLD_CHECK(update.put(Table::heads, entry->key, row));
    if (to_be_fetched(head)) {
      encode_seq(entry->key, head.seq, missing_row.data());
      REFOLD_CHECK(update.put(Table::missing, entry->key, missing_row));
    } else if (was_missing) {
      REFOLD_CHECK(update.remove(Table::missing, entry->key));
    }
  }
  return ok();
}

template <class Entry>
Result<void> write_seqs(Store::Update& update, Table table, const std::vector<Entry>& entries) {
  std::array<std::uint8_t, seq_row_bytes> row;
  for (const auto* entry : sorted(entries)) {
    encode_seq(entry->key, entry->value, row.data());
    REFOLD_CHECK(update.put(table, entry->key, row));
  }
  return ok();
}

Result<void> write_repos(Store::Update& update, const Overlay& changes) {
  for (const auto* entry : sorted(changes.repos())) {
    REFOLD_TRY(const auto old_row, update.get(Table::repos, entry->key));
    std::optional<RepoState> old;
    if (old_row) {
      REFOLD_TRY(RepoRow found, decode_repo(entry->key, *old_row));
      // Most changes of a busy repo's rev are lost to a newer one; those need no write.
      if (!entry->value.state && found.state.rev >= entry->value.rev) continue;
      old = std::move(found.state);
    }
    const RepoRow row{std::string(entry->value.did), *changed(std::move(old), &entry->value)};
    REFOLD_CHECK(update.put(Table::repos, entry->key, encode_repo(entry->key, row)));
  }
  return ok();
}

}  // namespace

Result<void> write_changes(Store& store, const Overlay& changes, const Checkpoint& checkpoint) {
  crash_point("index.flush_begin");
  REFOLD_TRY(Store::Update update, Store::Update::begin(store));
  REFOLD_CHECK(write_heads(update, changes));
  REFOLD_CHECK(write_seqs(update, Table::versions, changes.versions()));
  REFOLD_CHECK(write_repos(update, changes));
  REFOLD_CHECK(write_seqs(update, Table::notices, changes.notices()));
  REFOLD_CHECK(update.put(Table::meta, checkpoint_key(), encode_checkpoint(checkpoint)));
  REFOLD_CHECK(update.commit());
  crash_point("index.flushed");
  return ok();
}

}  // namespace refold::index
