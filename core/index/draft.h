#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/index/keys.h"
#include "core/log/event.h"
#include "core/log/witness_log.h"

namespace refold::index {

/// What a sync draft says of its repo's records.
enum class SyncMeans : std::uint8_t {
  fetch,     ///< they were not sent: a rev that is news marks the repo as to be fetched
  matches,   ///< they are as the source told them before
  replaced,  ///< what there was is gone, what there is follows: living records become tombstones
};

/// What a source says has happened, before anybody knows whether it is new. Views; see DraftBatch.
struct Draft {
  log::Kind kind = log::Kind::create;
  /// Of log::flag: live, resync, verified only. With `resync` a record draft does not say what
  /// happened, but what its whole repo has at `rev` under that key: create, update and `order` are
  /// then the recorder's to find, and it is known if the head has that CID or a later rev.
  std::uint16_t flags = 0;
  std::string_view did;
  std::string_view collection;
  std::string_view rkey;
  atproto::Tid rev{};
  /// Position in its commit, where the source tells it; else versions are ordered as they come.
  std::optional<std::uint16_t> order;
  /// As the wire gave it. Required for create and update.
  std::optional<atproto::Cid> cid;
  ByteView record;  ///< DAG-CBOR; checked against `cid` by the recorder
  /// Why `record` is empty although there should be one; the recorder adds its own findings.
  log::Missing missing = log::Missing::no;
  SyncMeans sync = SyncMeans::fetch;
  bool active = true;
  std::string_view status;
  std::string_view handle;
  std::uint64_t upstream_seq = 0;
  std::int64_t upstream_us = 0;
};

/// A repo as a whole: what ends its comparison with the index.
struct Whole {
  std::string did;
  atproto::Tid rev{};
  std::vector<RecordKey> records;  ///< all that it has, sorted
  bool complete = true;            ///< all of them were submitted, not those of some collections
};

/// Batches that are submitted in order, each on top of those before it. Once one has failed, the
/// recorder refuses the others: their cursors would cover what was not recorded.
struct Run {
  bool failed = false;  ///< the recorder's
};

/// Drafts of one source with the memory they point into, and what commits with them.
struct DraftBatch {
  std::string source;        ///< at most 64 bytes
  std::shared_ptr<Run> run;  ///< null: it stands on its own
  std::vector<Draft> drafts;
  /// Behind the drafts: the repo's living records that it has not, and whose head is not of a later
  /// rev, become tombstones of its rev, flagged resync; if it is complete, it is no longer to be
  /// fetched (marks.h).
  /// What it has was submitted as drafts flagged resync, in this batch or in durable ones.
  std::optional<Whole> whole;
  log::CommitExtras extras;
  Arena arena;
};

/// Why a draft was not appended.
enum class Refusal : std::uint8_t {
  bad_did,
  bad_collection,
  bad_rkey,
  bad_rev,
  future_rev,
  no_cid,
  bad_field,
};
inline constexpr std::size_t refusal_count = 7;
[[nodiscard]] std::string_view name(Refusal reason) noexcept;

/// What became of a batch. Durable when it is handed out.
struct Outcome {
  std::uint64_t appended = 0;  ///< events appended, tombstones of deleted accounts included
  std::uint64_t late = 0;      ///< of those, late ones
  std::uint64_t missing = 0;   ///< of those, without their payload
  std::uint64_t known = 0;     ///< drafts that the log had already
  std::uint64_t refused[refusal_count] = {};
  log::Seq last = 0;  ///< the newest seq of the log afterwards
  void add(const Outcome& other) noexcept;
  [[nodiscard]] std::uint64_t refused_total() const noexcept;
};

}  // namespace refold::index
