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
