#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/index/draft.h"
#include "tests/support/events.h"

namespace refold::testing {

/// The n-th revision of a repo: as good as a second apart.
inline atproto::Tid rev(std::uint64_t n) {
  return atproto::make_tid(1'700'000'000'000'000 + n * 1'000'000, 7);
}

/// A draft with the memory that its views will point into.
struct TestDraft {
  index::Draft draft;  ///< plain fields only
  std::string did;
  std::string collection;
  std::string rkey;
  std::string status;
  std::string handle;
  Bytes record;

  [[nodiscard]] TestDraft at(std::uint16_t order) const {
    TestDraft changed = *this;
    changed.draft.order = order;
    return changed;
  }
  [[nodiscard]] TestDraft flagged(std::uint16_t flags) const {
    TestDraft changed = *this;
    changed.draft.flags = flags;
    return changed;
  }
  /// The source sent no payload.
  [[nodiscard]] TestDraft without_payload() const {
    TestDraft changed = *this;
    changed.record.clear();
    changed.draft.missing = log::Missing::not_sent;
    return changed;
  }
  /// The source sent another payload than its CID names.
  [[nodiscard]] TestDraft sending(Bytes other) const {
    TestDraft changed = *this;
    changed.record = std::move(other);
    return changed;
  }
  /// As the source numbered it and timed it.
  [[nodiscard]] TestDraft upstream(std::uint64_t seq, std::int64_t us) const {
    TestDraft changed = *this;
    changed.draft.upstream_seq = seq;
    changed.draft.upstream_us = us;
    return changed;
  }
};

inline TestDraft draft_of(log::Kind kind, std::string_view who) {
  TestDraft made;
  made.draft.kind = kind;
  made.did = did_of(who);
  return made;
}
inline TestDraft create(std::string_view who, std::string_view rkey, std::uint64_t revision,
                        std::string_view text, std::string_view collection = post) {
  TestDraft made = draft_of(log::Kind::create, who);
  made.draft.rev = rev(revision);
  made.collection = collection;
  made.rkey = rkey;
  made.record = record_of(collection, text);
  made.draft.cid = atproto::cid_of(made.record);
  return made;
}
inline TestDraft update(std::string_view who, std::string_view rkey, std::uint64_t revision,
                        std::string_view text, std::string_view collection = post) {
  TestDraft made = create(who, rkey, revision, text, collection);
  made.draft.kind = log::Kind::update;
  return made;
}
inline TestDraft remove(std::string_view who, std::string_view rkey, std::uint64_t revision,
                        std::string_view collection = post) {
  TestDraft made = create(who, rkey, revision, "", collection);
  made.draft.kind = log::Kind::remove;
  made.draft.cid.reset();
  made.record.clear();
  return made;
}
/// Of an account: not active, if there is a status.
inline TestDraft account_is(std::string_view who, std::string_view status, std::uint64_t seq,
                            std::int64_t us) {
  TestDraft made = draft_of(log::Kind::account, who).upstream(seq, us);
  made.draft.active = status.empty();
  made.status = status;
  return made;
}
inline TestDraft handle_is(std::string_view who, std::string_view handle, std::uint64_t seq,
                           std::int64_t us) {
  TestDraft made = draft_of(log::Kind::identity, who).upstream(seq, us);
  made.handle = handle;
  return made;
}

inline index::DraftBatch batch_of(const std::vector<TestDraft>& drafts,
                                  std::string_view source = "test", log::CommitExtras extras = {}) {
  index::DraftBatch batch;
  batch.source = source;
  batch.extras = std::move(extras);
  for (const TestDraft& made : drafts) {
    index::Draft draft = made.draft;
    draft.did = batch.arena.copy(std::string_view(made.did));
    draft.collection = batch.arena.copy(std::string_view(made.collection));
    draft.rkey = batch.arena.copy(std::string_view(made.rkey));
    draft.status = batch.arena.copy(std::string_view(made.status));
    draft.handle = batch.arena.copy(std::string_view(made.handle));
    draft.record = batch.arena.copy(ByteView(made.record));
    batch.drafts.push_back(draft);
  }
  return batch;
}

}  // namespace refold::testing
