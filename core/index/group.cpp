#include "core/index/group.h"

#include <iterator>
#include <new>
#include <string>
#include <utility>

#include "core/atproto/quote.h"
#include "core/index/marks.h"
#include "core/index/payload.h"
#include "core/index/rules.h"
#include "core/log/limits.h"

namespace refold::index {

using log::Event;
using log::Kind;
using log::Missing;

namespace {

constexpr std::size_t mark_key_bytes_max = 511;
constexpr std::uint16_t flags_of_drafts = log::flag::live | log::flag::resync | log::flag::verified;

/// The event with what every kind has.
Event event_of(const Draft& draft, std::string_view source) {
  Event event;
  event.kind = draft.kind;
  event.flags = draft.flags & flags_of_drafts;
  event.source = source;
  event.did = draft.did;
  event.rev = draft.rev;
  return event;
}

/// The fields of a notice that belong to its kind.
void set_notice(Event& event, const Draft& draft) {
  event.upstream_seq = draft.upstream_seq;
  event.upstream_us = draft.upstream_us;
  if (event.kind == Kind::account) event.active = draft.active;
  if (event.kind == Kind::account || event.kind == Kind::gap) event.status = draft.status;
  if (event.kind == Kind::identity || event.kind == Kind::gap) event.handle = draft.handle;
}

}  // namespace

Group::Group(const log::WitnessLog& log, Index& index)
    : log_(log), index_(index), lookup_(index.lookup(&changes_)), before_(index.applied()) {}

void Group::clear() {
  changes_.clear();
  events_.clear();
  extras_ = {};
  page_.clear();
  bytes_ = 0;
  deleted_.reset();
  before_ = index_.applied();
}

Result<void> Group::add(const Draft& draft, std::string_view source, std::int64_t now_us,
                        Outcome& outcome) {
  std::optional<Refusal> refusal = refusal_of(draft, source, now_us);
  const RepoKey* const repo = repos_.find(draft.did);
  const bool needs_did = draft.kind != Kind::gap || !draft.did.empty();
  if (repo == nullptr && needs_did) refusal = Refusal::bad_did;
  if (refusal) {
    ++outcome.refused[static_cast<std::size_t>(*refusal)];
    return ok();
  }
  const Event event = event_of(draft, source);
  if (!log::is_record(draft.kind)) return add_notice(draft, repo, event, outcome);
  return add_record(draft, *repo, event, outcome);
}

Result<void> Group::add_record(const Draft& draft, const RepoKey& repo, Event event,
                               Outcome& outcome) {
  const RecordKey key = keys_.make(repo, draft.did, draft.collection, draft.rkey);
  REFOLD_TRY(const std::optional<Head> head, lookup_->head(key));
  if (event.has(log::flag::resync) && event.kind != Kind::remove) {
    event.kind = head && is_living(*head) ? Kind::update : Kind::create;
  }
  REFOLD_TRY(Place place, place_of(draft, repo, key, head));
  const std::optional<atproto::Cid> cid = draft.kind == Kind::remove ? std::nullopt : draft.cid;
  if (place != Place::known) set_payload(event, draft);
  // Without a payload, as it was before: it would be appended each time that its repo is compared.
  const bool same = event.has(log::flag::resync) && head && is_living(*head) && cid == head->cid;
  if (event.missing != Missing::no && (place == Place::completion || same)) place = Place::known;
  if (place == Place::known) {
    ++outcome.known;
    return ok();
  }
  event.collection = draft.collection;
  event.rkey = draft.rkey;
  if (place == Place::late) {
    event.flags |= log::flag::late;
    event.order = draft.order.value_or(0);
  } else if (place == Place::completion) {
    event.order = head->order;
    event.previous_state = log::PreviousState::unknown;
    event.previous_seq = head->seq;
  } else {
    event.order = next_order(draft, head);
    REFOLD_TRY(const ByteView payload, payload_of(head));
    set_previous(event, cid, head, payload);
  }
  const Event& appended = append(event, outcome);
  fold_record(changes_, appended, repo, key, head_of(appended, cid), head);
  return ok();
}

Result<Group::Place> Group::place_of(const Draft& draft, const RepoKey& repo, const RecordKey& key,
                                     const std::optional<Head>& head) {
  if ((draft.flags & log::flag::resync) != 0) {
    if (is_known_state(draft, head)) return Place::known;
    // Its account may have been deleted while the repo was on its way here.
    REFOLD_TRY(const bool deleted, account_is_deleted(repo));
    return deleted ? Place::known : Place::newer;
  }
  switch (compare(draft, head)) {
    case Standing::newer: return Place::newer;
    case Standing::is_head: return to_be_fetched(*head) ? Place::completion : Place::known;
    case Standing::earlier: break;
  }
  const atproto::Cid* const cid = draft.kind == Kind::remove ? nullptr : &*draft.cid;
  REFOLD_TRY(const bool known, lookup_->has_version(version_key(key, draft.rev, draft.kind, cid)));
  if (known) return Place::known;
  return goes_on(draft, *head) ? Place::newer : Place::late;
}

Result<bool> Group::account_is_deleted(const RepoKey& repo) {
  if (!deleted_ || deleted_->first != repo) {
    REFOLD_TRY(const auto state, lookup_->repo(repo));
    deleted_ = {repo, state && is_deleted(*state)};
  }
  return deleted_->second;
}

void Group::set_payload(Event& event, const Draft& draft) {
  if (draft.kind == Kind::remove) return;
  event.missing =
      draft.missing != Missing::no ? draft.missing : check_payload(draft.record, *draft.cid);
  if (event.missing == Missing::no) {
    event.record = draft.record;
  } else {
    event.stored_cid = new (page_.arena.take(sizeof(atproto::Cid))) atproto::Cid(*draft.cid);
  }
}

Result<ByteView> Group::payload_of(const std::optional<Head>& head) {
  if (!head || !has_payload(*head)) return ByteView();
  REFOLD_TRY(const Event event, read(head->seq));
  return event.record;
}

Result<Event> Group::read(log::Seq seq) {
  if (seq > before_) return events_[seq - before_ - 1];
  REFOLD_CHECK(log_.get(seq, page_));
  const Event& event = page_.events.back();
  bytes_ += event.record.size() + event.previous_record.size();
  return event;
}

Result<void> Group::add_notice(const Draft& draft, const RepoKey* repo, Event event,
                               Outcome& outcome) {
  deleted_.reset();
  set_notice(event, draft);
  const NoticeKeys keys = notice_keys(event);
  REFOLD_TRY(const bool known, is_known_or_late(event, repo, keys));
  if (known) {
    ++outcome.known;
    return ok();
  }
  if (event.kind == Kind::sync && draft.sync == SyncMeans::fetch) {
    REFOLD_TRY(const auto state, lookup_->repo(*repo));
    const bool news = event.rev.value != 0 && (!state || state->rev < event.rev);
    if (news) extras_.marks.push_back(fetch_mark(event.did, event.rev));
  }
  return fold_notice(changes_, *lookup_, append(event, outcome), repo, keys);
}

/// Returns whether it is known, and flags it if it is late.
Result<bool> Group::is_known_or_late(Event& event, const RepoKey* repo, const NoticeKeys& keys) {
  REFOLD_TRY(const bool known, lookup_->has_notice(keys));
  if (known || repo == nullptr) return known;
  if (event.kind != Kind::account && event.kind != Kind::identity) return false;
  REFOLD_TRY(const auto state, lookup_->repo(*repo));
  if (!state || event.upstream_us == 0) return false;
  const std::int64_t newest_us =
      event.kind == Kind::account ? state->account_us : state->identity_us;
  if (event.upstream_us < newest_us) event.flags |= log::flag::late;
  return false;
}

Result<bool> Group::departs(const Draft& draft, std::string_view source, std::int64_t now_us) {
  const bool deleted = draft.kind == Kind::account && !draft.active && draft.status == "deleted";
  const bool replaced = draft.kind == Kind::sync && draft.sync == SyncMeans::replaced;
  if (!deleted && !replaced) return false;
  const RepoKey* const repo = repos_.find(draft.did);
  if (repo == nullptr || refusal_of(draft, source, now_us)) return false;
  Event event = event_of(draft, source);
  set_notice(event, draft);
  REFOLD_TRY(const bool known, is_known_or_late(event, repo, notice_keys(event)));
  return !known && !event.has(log::flag::late);
}

void Group::add_tombstone(const Event& living, const LivingRecord& record, atproto::Tid rev,
                          std::uint16_t flags, std::string_view source, Outcome& outcome) {
  Draft draft;
  draft.kind = Kind::remove;
  draft.flags = flags;
  draft.did = living.did;
  draft.rev = std::max(rev, record.head.rev);
  Event event = event_of(draft, source);
  event.collection = living.collection;
  event.rkey = living.rkey;
  event.order = next_order(draft, record.head);
  set_previous(event, std::nullopt, record.head,
               has_payload(record.head) ? living.record : ByteView());
  const Event& appended = append(event, outcome);
  fold_record(changes_, appended, repo_key(living.did), record.key, head_of(appended, std::nullopt),
              record.head);
}

Event& Group::append(const Event& event, Outcome& outcome) {
  Event& appended = events_.emplace_back(event);
  appended.seq = last();
  bytes_ += event.record.size() + event.did.size() + event.rkey.size();
  ++outcome.appended;
  if (event.has(log::flag::late)) ++outcome.late;
  if (event.missing != Missing::no) ++outcome.missing;
  return appended;
}

/// The log would refuse the whole commit, other batches included.
Result<void> Group::check_extras(const log::CommitExtras& extras) {
  for (const auto& [name, value] : extras.cursors) {
    if (!name.empty() && name.size() <= log::cursor_name_bytes_max &&
        value.size() <= log::cursor_value_bytes_max) {
      continue;
    }
    return Error{Errc::invalid, "cursor " + atproto::quoted(name) + ": a name has 1 to " +
                                    std::to_string(log::cursor_name_bytes_max) +
                                    " bytes, a value at most " +
                                    std::to_string(log::cursor_value_bytes_max)};
  }
  for (const auto& [key, value] : extras.marks) {
    if (!key.empty() && key.size() <= mark_key_bytes_max &&
        value.size() <= log::cursor_value_bytes_max) {
      continue;
    }
    return Error{Errc::invalid, "mark " + atproto::quoted(key) + ": a key has 1 to " +
                                    std::to_string(mark_key_bytes_max) +
                                    " bytes, a value at most " +
                                    std::to_string(log::cursor_value_bytes_max)};
  }
  return ok();
}

Result<void> Group::add_extras(log::CommitExtras extras) {
  std::move(extras.cursors.begin(), extras.cursors.end(), std::back_inserter(extras_.cursors));
  for (log::MarkUpdate& mark : extras.marks) {
    if (const auto repo_mark = read_repo_mark(mark.key, mark.value)) {
      const RepoKey repo = repo_key(repo_mark->did);
      REFOLD_TRY(const auto state, lookup_->repo(repo));
      // An older rev must not take the place of a newer one in the log's marks.
      if (state && state->rev >= repo_mark->rev) continue;
      changes_.raise_rev(repo, repo_mark->did, repo_mark->rev);
    }
    extras_.marks.push_back(std::move(mark));
  }
  return ok();
}

}  // namespace refold::index
