#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/base/digest.h"
#include "core/log/event.h"

namespace refold::index {

/// Keys of the index's tables. All are pieces of SHA-256: names come from hostile input, may be
/// longer than LMDB's 511 bytes of key, and must not be made to collide.

/// 16 bytes of SHA-256(did).
using RepoKey = std::array<std::uint8_t, 16>;
/// The first 8 bytes of the RepoKey, 16 bytes of SHA-256(did 0 collection '/' rkey): the records of
/// a repo are neighbours.
using RecordKey = std::array<std::uint8_t, 24>;
/// A RecordKey, 16 bytes of SHA-256(rev, action, CID): one version of one record.
using VersionKey = std::array<std::uint8_t, 40>;
/// 16 bytes of SHA-256(DID, kind, and what tells one notice of that kind from another).
using NoticeKey = std::array<std::uint8_t, 16>;

/// How many bytes of a RecordKey name its repo. Two repos may share them: read the event to know.
inline constexpr std::size_t repo_prefix_bytes = 8;

[[nodiscard]] RepoKey repo_key(std::string_view did) noexcept;
[[nodiscard]] inline bool in_repo(const std::uint8_t* key, const RepoKey& repo) noexcept {
  return std::memcmp(key, repo.data(), repo_prefix_bytes) == 0;
}

/// Makes RecordKeys without allocating for each. One thread at a time.
class RecordKeys {
 public:
  [[nodiscard]] RecordKey make(const RepoKey& repo, std::string_view did,
                               std::string_view collection, std::string_view rkey);

 private:
  Bytes text_;
};
[[nodiscard]] RecordKey record_key(std::string_view did, std::string_view collection,
                                   std::string_view rkey);

/// `cid` is null for a remove.
[[nodiscard]] VersionKey version_key(const RecordKey& record, atproto::Tid rev, log::Kind kind,
                                     const atproto::Cid* cid) noexcept;
/// For a version without payload whose payload came later, as a version of the same identity: only
/// the later one is to be found by it.
[[nodiscard]] VersionKey completed_key(const VersionKey& version, log::Seq seq) noexcept;

/// A notice is an event that is not of a record: identity, account, sync, gap.
struct NoticeKeys {
  std::array<NoticeKey, 2> keys{};
  std::size_t count = 0;
  [[nodiscard]] const NoticeKey* begin() const noexcept { return keys.data(); }
  [[nodiscard]] const NoticeKey* end() const noexcept { return keys.data() + count; }
};
/// Up to two names: by (source, upstream seq) and by (content, upstream time), where it has them.
[[nodiscard]] NoticeKeys notice_keys(const log::Event& event);

/// Remembers the RepoKeys of the DIDs seen lately, and that they are valid DIDs: both cost more
/// than a look here. One thread at a time.
class RepoKeyCache {
 public:
  RepoKeyCache();
  /// Null if `did` is not a DID. Valid until the next call.
  [[nodiscard]] const RepoKey* find(std::string_view did);

 private:
  static constexpr std::size_t slot_count = 8192;
  static constexpr std::size_t kept_did_bytes_max = 96;  // longer ones are rare: not kept
  struct Slot {
    std::string did;
    RepoKey key{};
  };
  std::vector<Slot> slots_;
  Slot passing_;
};

}  // namespace refold::index
