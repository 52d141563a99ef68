#include "core/index/lookup.h"

#include <algorithm>

namespace refold::index {

Result<std::optional<Head>> Lookup::head(const RecordKey& key) {
  for (const Overlay* layer : layers_) {
    const auto* change = layer == nullptr ? nullptr : layer->head(key);
    if (change != nullptr) return std::optional(change->head);
  }
  REFOLD_TRY(const auto row, snapshot_.get(Table::heads, key));
  if (!row) return std::optional<Head>();
  REFOLD_TRY(Head head, decode_head(key, *row));
  return std::optional(std::move(head));
}

/// Whether one of the newest `layers` has a head for it.
bool Lookup::has_head(const RecordKey& key, std::size_t layers) const {
  return std::any_of(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(layers),
                     [&](const Overlay* layer) { return layer && layer->head(key); });
}

Result<std::vector<LivingRecord>> Lookup::living(const RepoKey& repo, const RecordKey* after,
                                                 std::size_t count_max) {
  const ByteView prefix = ByteView(repo).first(repo_prefix_bytes);
  const auto passed = [&](const RecordKey& key) { return after != nullptr && key <= *after; };
  std::vector<LivingRecord> found;
  const auto visit = [&](ByteView row_key, ByteView row) -> Result<bool> {
    if (!in_repo(row_key.data(), repo)) return false;
    RecordKey key;
    std::copy_n(row_key.begin(), key.size(), key.begin());
    if (passed(key) || has_head(key, layers_.size())) return true;
    REFOLD_TRY(const Head head, decode_head(key, row));
    if (head.kind != log::Kind::remove) found.push_back({key, head});
    return found.size() < count_max;
  };
  REFOLD_CHECK(snapshot_.scan(Table::heads, after != nullptr ? ByteView(*after) : prefix, visit));
  for (std::size_t at = 0; at < layers_.size(); ++at) {
    if (layers_[at] == nullptr) continue;
    layers_[at]->each_head(repo, [&](const RecordKey& key, const Overlay::HeadChange& change) {
      if (passed(key) || has_head(key, at)) return;
      if (change.head.kind != log::Kind::remove) found.push_back({key, change.head});
    });
  }
  std::sort(found.begin(), found.end(),
            [](const LivingRecord& a, const LivingRecord& b) { return a.key < b.key; });
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

Result<bool> Lookup::has_version(const VersionKey& key) {
  for (const Overlay* layer : layers_) {
    if (layer != nullptr && layer->version(key) != nullptr) return true;
  }
  REFOLD_TRY(const auto row, snapshot_.get(Table::versions, key));
  return row.has_value();
}

Result<bool> Lookup::has_notice(const NoticeKeys& keys) {
  for (const NoticeKey& key : keys) {
    for (const Overlay* layer : layers_) {
      if (layer != nullptr && layer->notice(key) != nullptr) return true;
    }
    REFOLD_TRY(const auto row, snapshot_.get(Table::notices, key));
    if (row) return true;
  }
  return false;
}

Result<std::optional<RepoState>> Lookup::repo(const RepoKey& key) {
  std::optional<RepoState> state;
  REFOLD_TRY(const auto row, snapshot_.get(Table::repos, key));
  if (row) {
    REFOLD_TRY(RepoRow found, decode_repo(key, *row));
    state = std::move(found.state);
  }
  for (std::size_t older = layers_.size(); older > 0; --older) {
    const Overlay* const layer = layers_[older - 1];
    if (layer != nullptr) state = changed(std::move(state), layer->repo(key));
  }
  return state;
}

std::optional<RepoState> changed(std::optional<RepoState> state,
                                 const Overlay::RepoChange* change) {
  if (change == nullptr) return state;
  const atproto::Tid rev = state ? state->rev : atproto::Tid{};
  if (!state) state.emplace();
  if (change->state) *state = *change->state;
  state->rev = std::max(rev, change->rev);
  return state;
}

}  // namespace refold::index
