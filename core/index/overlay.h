#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/arena.h"
#include "core/index/dense_map.h"
#include "core/index/index.h"
#include "core/index/keys.h"

namespace refold::index {

/// Changes of the index that are not in its file yet: what a group of drafts would do to it, or
/// what was done since the last flush.
///
/// One thread changes it; any number look things up meanwhile only if they lock.
class Overlay {
 public:
  struct HeadChange {
    Head head;
    bool was_missing = false;  ///< a head that it superseded may be listed as missing
  };
  struct RepoChange {
    atproto::Tid rev{};                      ///< the newest
    std::string_view did;                    ///< in this overlay's memory
    std::shared_ptr<const RepoState> state;  ///< all of it but `rev`; null: as before
  };

  /// Makes `head` the record's head; `old`, if there was one, becomes a version.
  void set_head(const RecordKey& key, const Head& head, const std::optional<Head>& old);
  void add_version(const VersionKey& key, log::Seq seq) { versions_.insert(key).first = seq; }
  void add_notice(const NoticeKey& key, log::Seq seq) { notices_.insert(key).first = seq; }
  /// Raises the repo's rev to `rev`.
  void raise_rev(const RepoKey& key, std::string_view did, atproto::Tid rev);
  /// Sets everything but the rev.
  void set_state(const RepoKey& key, std::string_view did, RepoState state);

  [[nodiscard]] const HeadChange* head(const RecordKey& key) const { return heads_.find(key); }
  [[nodiscard]] const log::Seq* version(const VersionKey& key) const { return versions_.find(key); }
  [[nodiscard]] const RepoChange* repo(const RepoKey& key) const { return repos_.find(key); }
  [[nodiscard]] const log::Seq* notice(const NoticeKey& key) const { return notices_.find(key); }

  /// Takes over the changes of `later`, which were made on top of this.
  void absorb(const Overlay& later);
  void clear();

  [[nodiscard]] const auto& heads() const noexcept { return heads_.entries(); }
  /// Calls `visit(key, change)` for the heads of one repo, and of others with the same prefix.
  template <class Visit>
  void each_head(const RepoKey& repo, const Visit& visit) const {
    const std::uint32_t* const newest = newest_heads_.find(prefix_of(repo.data()));
    for (std::uint32_t at = newest ? *newest : no_head; at != no_head; at = heads_before_[at]) {
      visit(heads()[at].key, heads()[at].value);
    }
  }
  [[nodiscard]] const auto& versions() const noexcept { return versions_.entries(); }
  [[nodiscard]] const auto& repos() const noexcept { return repos_.entries(); }
  [[nodiscard]] const auto& notices() const noexcept { return notices_.entries(); }
  /// Of the DIDs it holds: the one part that the number of events does not bound well.
  [[nodiscard]] std::size_t text_bytes() const noexcept { return text_bytes_; }

 private:
  static constexpr std::uint32_t no_head = ~std::uint32_t{0};
  using Prefix = std::array<std::uint8_t, repo_prefix_bytes>;
  [[nodiscard]] static Prefix prefix_of(const std::uint8_t* key) noexcept {
    Prefix prefix;
    std::copy_n(key, prefix.size(), prefix.begin());
    return prefix;
  }
  HeadChange& change_head(const RecordKey& key);
  RepoChange& change_repo(const RepoKey& key, std::string_view did);

  DenseMap<RecordKey, HeadChange> heads_;
  DenseMap<Prefix, std::uint32_t> newest_heads_;  ///< of each repo
  std::vector<std::uint32_t> heads_before_;       ///< of each head: the one before, of its repo
  DenseMap<VersionKey, log::Seq> versions_;
  DenseMap<RepoKey, RepoChange> repos_;
  DenseMap<NoticeKey, log::Seq> notices_;
  Arena texts_;
  std::size_t text_bytes_ = 0;
};

/// Whether the payload of a head is one that should be here, and is not.
[[nodiscard]] inline bool to_be_fetched(const Head& head) noexcept {
  return head.missing != log::Missing::no && !head.redacted;
}

}  // namespace refold::index
