#pragma once

#include <cstdint>
#include <string>

#include "core/atproto/tid.h"
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/index/recorder.h"
#include "core/ingest/drops.h"
#include "core/log/filter.h"

namespace refold::ingest {

struct RepoOptions {
  std::string did{};  ///< whose repo it must be; empty: whoever's
  /// Collections to take; null: all. What is gone becomes a tombstone in any case.
  const log::Matcher* wanted = nullptr;
  /// Blocks of an archive, and records that its tree names: bounds what these cost in memory, about
  /// 150 bytes each.
  std::size_t blocks_max = std::size_t{1} << 26;
};

/// A repo that was compared with the index.
struct RepoOutcome {
  std::string did;
  atproto::Tid rev{};
  std::uint64_t records = 0;  ///< in its tree
  index::Outcome outcome;     ///< tombstones of what is gone are among `appended`
};

/// Reads a whole repo from a CAR (its commit, its tree, every record; every hash is checked), and
/// appends what the index does not know: records that are missing here, records with another CID,
/// and tombstones for those that are gone there, all flagged `resync`. What the index has of a
/// later rev stays as it is.
///
/// Nothing is appended before the whole tree was read. Returns when all is durable; the repo is
/// then no longer to be fetched, if all collections were wanted. Records that cannot be taken are
/// counted in `drops`. Where a tree names one block for many records, only as many of them have a
/// payload as make a few times the archive's size.
///
/// Errors: `invalid`, `too_large` and `not_found` say what is wrong with the archive, `unsupported`
/// that the account was deleted (Drop::gone): nothing was appended. Those of the recorder: submit
/// it again.
[[nodiscard]] Result<RepoOutcome> import_repo(ByteView archive, index::Recorder& recorder,
                                              const std::string& source, Drops& drops,
                                              const RepoOptions& options = {});

}  // namespace refold::ingest
