#include "core/index/overlay.h"

#include <algorithm>
#include <utility>

namespace refold::index {

Overlay::HeadChange& Overlay::change_head(const RecordKey& key) {
  const auto [change, made] = heads_.insert(key);
  if (!made) return change;
  const auto [newest, first] = newest_heads_.insert(prefix_of(key.data()));
  heads_before_.push_back(first ? no_head : newest);
  newest = static_cast<std::uint32_t>(heads_.size() - 1);
  return change;
}

void Overlay::set_head(const RecordKey& key, const Head& head, const std::optional<Head>& old) {
  HeadChange& change = change_head(key);
  change.head = head;
  if (!old) return;
  change.was_missing = change.was_missing || to_be_fetched(*old);
  if (old->seq == head.seq) return;  // only its flags are new
  const VersionKey version = version_key(key, old->rev, old->kind, old->cid ? &*old->cid : nullptr);
  const bool completed = old->rev == head.rev && old->kind == head.kind && old->cid == head.cid;
  add_version(completed ? completed_key(version, old->seq) : version, old->seq);
}

Overlay::RepoChange& Overlay::change_repo(const RepoKey& key, std::string_view did) {
  const auto [change, made] = repos_.insert(key);
  if (made) {
    change.did = texts_.copy(did);
    text_bytes_ += did.size();
  }
  return change;
}

void Overlay::raise_rev(const RepoKey& key, std::string_view did, atproto::Tid rev) {
  RepoChange& change = change_repo(key, did);
  change.rev = std::max(change.rev, rev);
}

void Overlay::set_state(const RepoKey& key, std::string_view did, RepoState state) {
  change_repo(key, did).state = std::make_shared<const RepoState>(std::move(state));
}

void Overlay::absorb(const Overlay& later) {
  for (const auto& [key, change] : later.heads()) {
    HeadChange& mine = change_head(key);
    mine.head = change.head;
    mine.was_missing = mine.was_missing || change.was_missing;
  }
  for (const auto& [key, seq] : later.versions()) versions_.insert(key).first = seq;
  for (const auto& [key, seq] : later.notices()) notices_.insert(key).first = seq;
  for (const auto& [key, change] : later.repos()) {
    RepoChange& mine = change_repo(key, change.did);
    mine.rev = std::max(mine.rev, change.rev);
    if (change.state) mine.state = change.state;
  }
}

void Overlay::clear() {
  heads_.clear();
  newest_heads_.clear();
  heads_before_.clear();
  versions_.clear();
  repos_.clear();
  notices_.clear();
  texts_.clear();
  text_bytes_ = 0;
}

}  // namespace refold::index
