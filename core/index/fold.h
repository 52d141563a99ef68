#pragma once

#include <optional>

#include "core/index/lookup.h"

namespace refold::index {

/// What an event of the log means to the index: the one place that says it, for events that are
/// being appended and for events that are read again. So an index built anew equals a live one.

/// The head that a record event makes. `cid`: its CID; none for a remove.
[[nodiscard]] Head head_of(const log::Event& event, const std::optional<atproto::Cid>& cid);

/// A record event. `head` is head_of(event), `old` the head before it.
void fold_record(Overlay& to, const log::Event& event, const RepoKey& repo, const RecordKey& key,
                 const Head& head, const std::optional<Head>& old);

/// An identity, account, sync or gap event. `repo` is null if it names no DID.
[[nodiscard]] Result<void> fold_notice(Overlay& to, Lookup& from, const log::Event& event,
                                       const RepoKey* repo, const NoticeKeys& keys);

/// Any event, as read from the log. Kinds that this version does not know are passed over.
class Fold {
 public:
  Fold(Overlay& to, Lookup& from) : to_(to), from_(from) {}
  [[nodiscard]] Result<void> add(const log::Event& event);

 private:
  Overlay& to_;
  Lookup& from_;
  RecordKeys keys_;
};

}  // namespace refold::index
