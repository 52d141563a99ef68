#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/index/overlay.h"
#include "core/index/rows.h"
#include "core/index/store.h"

namespace refold::index {

struct LivingRecord {
  RecordKey key;
  Head head;
};

/// Finds what the index knows: changes of a group that is being decided (if any), then changes
/// since the last flush began, then those that are being flushed, then the file.
///
/// One thread at a time, and none changes the overlays meanwhile. Errors: `corrupt`, `io`.
class Lookup {
 public:
  /// `staged` may be null. All of them outlive the lookup.
  Lookup(const Overlay* staged, const Overlay& recent, const Overlay& frozen, Store& store)
      : layers_{staged, &recent, &frozen}, snapshot_(store) {}

  [[nodiscard]] Result<std::optional<Head>> head(const RecordKey& key);
  [[nodiscard]] Result<bool> has_version(const VersionKey& key);
  [[nodiscard]] Result<bool> has_notice(const NoticeKeys& keys);
  [[nodiscard]] Result<std::optional<RepoState>> repo(const RepoKey& key);
  /// The living records of a repo with keys after `after` (null: all), in key order, at most
  /// `count_max`. Another repo with the same prefix may be among them: its events tell.
  [[nodiscard]] Result<std::vector<LivingRecord>> living(const RepoKey& repo,
                                                         const RecordKey* after,
                                                         std::size_t count_max);

  [[nodiscard]] Store::Snapshot& snapshot() noexcept { return snapshot_; }

 private:
  [[nodiscard]] bool has_head(const RecordKey& key, std::size_t layers) const;

  std::array<const Overlay*, 3> layers_;  ///< newest first
  Store::Snapshot snapshot_;
};

/// A repo's state with `change`, if there is one, put on top.
[[nodiscard]] std::optional<RepoState> changed(std::optional<RepoState> state,
                                               const Overlay::RepoChange* change);

}  // namespace refold::index
