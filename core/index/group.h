#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/index/draft.h"
#include "core/index/fold.h"
#include "core/index/index.h"
#include "core/index/lookup.h"
#include "core/log/page.h"

namespace refold::index {

/// One commit in the making: decides drafts against the index, and holds the events and the changes
/// of the index that they come to.
///
/// Nothing is done to log or index: whoever appends events() with extras() then hands changes() to
/// the index, or clears the group and nothing has happened. Drafts see those before them in the
/// same group. The batches they come from outlive the group's contents. The writer thread's.
class Group {
 public:
  Group(const log::WitnessLog& log, Index& index);

  /// Starts anew, behind the newest event of the index.
  void clear();

  /// Decides a draft and counts it in `outcome`. Errors: `corrupt`, `io` of reading log or index.
  [[nodiscard]] Result<void> add(const Draft& draft, std::string_view source, std::int64_t now_us,
                                 Outcome& outcome);
  /// A tombstone for `living`, a living record (as read from the log) whose head is `head`.
  void add_tombstone(const log::Event& living, const LivingRecord& head, atproto::Tid rev,
                     std::uint16_t flags, std::string_view source, Outcome& outcome);
  /// Whether the log takes them: before anything of their batch is added.
  [[nodiscard]] static Result<void> check_extras(const log::CommitExtras& extras);
  /// What commits with the events. Marks that say nothing new are left out.
  [[nodiscard]] Result<void> add_extras(log::CommitExtras extras);
  /// Whether the draft says that an account was deleted, or a repo replaced, and is news: all
  /// living records of the repo are then to become tombstones before it is added.
  [[nodiscard]] Result<bool> departs(const Draft& draft, std::string_view source,
                                     std::int64_t now_us);

  /// Reads an event; valid until clear().
  [[nodiscard]] Result<log::Event> read(log::Seq seq);
  [[nodiscard]] Lookup& lookup() noexcept { return *lookup_; }

  [[nodiscard]] std::span<log::Event> events() noexcept { return events_; }
  [[nodiscard]] const log::CommitExtras& extras() const noexcept { return extras_; }
  [[nodiscard]] bool empty() const noexcept {
    return events_.empty() && extras_.cursors.empty() && extras_.marks.empty();
  }
  [[nodiscard]] const Overlay& changes() const noexcept { return changes_; }
  /// What it holds in memory, about.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] log::Seq last() const noexcept { return before_ + events_.size(); }

 private:
  /// What becomes of a draft of a record.
  enum class Place : std::uint8_t { known, newer, completion, late };

  [[nodiscard]] Result<void> add_record(const Draft& draft, const RepoKey& repo, log::Event event,
                                        Outcome& outcome);
  [[nodiscard]] Result<void> add_notice(const Draft& draft, const RepoKey* repo, log::Event event,
                                        Outcome& outcome);
  [[nodiscard]] Result<Place> place_of(const Draft& draft, const RepoKey& repo,
                                       const RecordKey& key, const std::optional<Head>& head);
  [[nodiscard]] Result<bool> account_is_deleted(const RepoKey& repo);
  [[nodiscard]] Result<bool> is_known_or_late(log::Event& event, const RepoKey* repo,
                                              const NoticeKeys& keys);
  [[nodiscard]] Result<ByteView> payload_of(const std::optional<Head>& head);
  void set_payload(log::Event& event, const Draft& draft);
  log::Event& append(const log::Event& event, Outcome& outcome);

  const log::WitnessLog& log_;
  Index& index_;
  Overlay changes_;
  std::unique_ptr<Lookup> lookup_;
  RecordKeys keys_;
  RepoKeyCache repos_;
  log::Seq before_ = 0;  ///< the newest event of the log
  std::vector<log::Event> events_;
  log::CommitExtras extras_;
  log::Page page_;  ///< what was read, and CIDs
  std::size_t bytes_ = 0;
  /// The last answer of account_is_deleted(): all records of a repo are asked about in turn.
  std::optional<std::pair<RepoKey, bool>> deleted_;
};

}  // namespace refold::index
