#include "core/index/fold.h"

#include <algorithm>

namespace refold::index {

using log::Kind;

Head head_of(const log::Event& event, const std::optional<atproto::Cid>& cid) {
  Head head;
  head.seq = event.seq;
  head.rev = event.rev;
  head.order = event.order;
  head.kind = event.kind;
  head.missing = event.missing;
  head.redacted = event.has(log::flag::redacted);
  head.cid = cid;
  return head;
}

void fold_record(Overlay& to, const log::Event& event, const RepoKey& repo, const RecordKey& key,
                 const Head& head, const std::optional<Head>& old) {
  if (event.has(log::flag::late)) {
    to.add_version(version_key(key, head.rev, head.kind, head.cid ? &*head.cid : nullptr),
                   head.seq);
  } else {
    to.set_head(key, head, old);
  }
  to.raise_rev(repo, event.did, event.rev);
}

Result<void> fold_notice(Overlay& to, Lookup& from, const log::Event& event, const RepoKey* repo,
                         const NoticeKeys& keys) {
  for (const NoticeKey& key : keys) to.add_notice(key, event.seq);
  if (repo == nullptr) return ok();
  to.raise_rev(*repo, event.did, event.rev);
  const bool tells_state = event.kind == Kind::identity || event.kind == Kind::account;
  if (!tells_state || event.has(log::flag::late)) return ok();
  REFOLD_TRY(auto known, from.repo(*repo));
  RepoState state = known ? std::move(*known) : RepoState{};
  if (event.kind == Kind::identity) {
    state.handle = event.handle;
    state.identity_us = std::max(state.identity_us, event.upstream_us);
  } else {
    state.active = event.active;
    state.status = event.status;
    state.account_us = std::max(state.account_us, event.upstream_us);
  }
  to.set_state(*repo, event.did, std::move(state));
  return ok();
}

Result<void> Fold::add(const log::Event& event) {
  if (!log::is_record(event.kind)) {
    if (event.kind > Kind::gap) return ok();
    const RepoKey repo = repo_key(event.did);
    return fold_notice(to_, from_, event, event.did.empty() ? nullptr : &repo, notice_keys(event));
  }
  const RepoKey repo = repo_key(event.did);
  const RecordKey key = keys_.make(repo, event.did, event.collection, event.rkey);
  std::optional<atproto::Cid> cid;
  if (log::has_cid(event)) cid = log::cid_of(event);
  std::optional<Head> old;
  if (!event.has(log::flag::late)) {
    REFOLD_TRY(old, from_.head(key));
    if (old && old->seq > event.seq) {
      // A flush that was not finished has written this record already, with all its versions.
      to_.raise_rev(repo, event.did, event.rev);
      return ok();
    }
  }
  fold_record(to_, event, repo, key, head_of(event, cid), old);
  return ok();
}

}  // namespace refold::index
