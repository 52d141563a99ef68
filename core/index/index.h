#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/atproto/cid.h"
#include "core/atproto/tid.h"
#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/index/keys.h"
#include "core/log/event.h"
#include "core/log/witness_log.h"

namespace refold::index {

class Lookup;
class Overlay;

/// The newest version of a record.
struct Head {
  log::Seq seq = 0;
  atproto::Tid rev{};
  std::uint16_t order = 0;
  log::Kind kind = log::Kind::create;       ///< remove: a tombstone
  log::Missing missing = log::Missing::no;  ///< its payload is not here
  bool redacted = false;
  std::optional<atproto::Cid> cid;  ///< none for a tombstone
};

/// What is known of a repo and its account.
struct RepoState {
  atproto::Tid rev{};  ///< the newest rev seen in an event or a mark
  bool active = true;
  std::string status;
  std::string handle;
  std::int64_t account_us = 0;   ///< upstream time of the newest account event
  std::int64_t identity_us = 0;  ///< upstream time of the newest identity event
};

/// Whether the account was deleted, and is not back.
[[nodiscard]] inline bool is_deleted(const RepoState& state) {
  return !state.active && state.status == "deleted";
}

struct IndexOptions {
  std::size_t map_bytes = std::size_t{64} << 30;
  std::uint64_t flush_events = 100'000;  ///< events whose changes are kept in memory before a flush
  std::size_t slice_rows = 8'192;        ///< rows that a flush commits at a time
};

/// Derived from the log: the head of each record, the versions it superseded, the state of each
/// repo. Lags behind the log on disk (changes are kept in memory and flushed sorted, by a thread of
/// its own) and catches up when it is opened.
///
/// One thread changes it (the writer's); other threads may look things up with lookups of their
/// own, if they keep out all methods that are not const meanwhile. The log outlives it.
class Index {
 public:
  /// Opens the index of `log` and catches up with it. An index in which this meets damage, or
  /// of another format, of another log or ahead of its log, is built anew. Damage that it does not
  /// meet is `corrupt` to whoever needs that row, until rebuild().
  [[nodiscard]] static Result<std::unique_ptr<Index>> open(const log::WitnessLog& log,
                                                           const IndexOptions& options = {});
  /// Builds the index of `log` anew beside the old one, and puts it in its place. No Index of this
  /// log is open. A crash leaves the old one or the new one.
  [[nodiscard]] static Result<void> rebuild(const log::WitnessLog& log,
                                            const IndexOptions& options = {});
  /// Changes that were not flushed are in the log, and found there by the next open().
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// The last event that it knows.
  [[nodiscard]] log::Seq applied() const noexcept;
  /// Everything up to applied(), with `staged` (may be null) on top. The index outlives it.
  [[nodiscard]] std::unique_ptr<Lookup> lookup(const Overlay* staged = nullptr);

  /// Takes over what was appended: the changes of `staged`, up to `last`.
  void absorb(const Overlay& staged, log::Seq last);
  /// Whether a flush failed and the file could not be opened again: lookups fail with `io` until
  /// catch_up() or a flush has opened it.
  [[nodiscard]] bool closed() const noexcept;
  /// Folds in the events that the log has after applied(). Opens a file that is closed().
  /// Errors: `corrupt` if the log has lost events that were acknowledged.
  [[nodiscard]] Result<void> catch_up();
  /// Folds in the log's marks, all of them: nothing tells which are new.
  [[nodiscard]] Result<void> fold_marks();

  /// Whether flush_behind() has something to do.
  [[nodiscard]] bool flush_due() const;
  /// Whether so many changes wait (because flushes fail) that nothing may be added before one
  /// succeeds.
  [[nodiscard]] bool flush_overdue() const noexcept;
  /// Starts to write the changes in the background, if enough of them wait; and takes note of the
  /// flush before it, for whose end it waits. Errors: as flush(), of the flush before.
  [[nodiscard]] Result<void> flush_behind();
  /// Writes all changes and the checkpoint in one synced transaction. Lookups start anew.
  /// Errors: `no_space`, `io`: the changes stay in memory, and the next call tries again.
  [[nodiscard]] Result<void> flush();

  struct VersionAt {
    RecordKey record;
    log::Seq seq;
    bool is_head;
  };
  /// Calls `visit` for the head and every other version of each record whose key starts with
  /// `prefix` (of a RecordKey: a repo's bytes, or all of it). Flushes first.
  [[nodiscard]] Result<void> versions_of(
      ByteView prefix, const std::function<Result<void>(const VersionAt&)>& visit);
  /// The heads whose payload is to be fetched, in key order, at most `count_max`. Flushes first.
  [[nodiscard]] Result<std::vector<log::Seq>> missing(std::size_t count_max);

  /// Flushes, and calls `visit` for every row of every table that is derived from the log alone.
  using RowVisitor =
      std::function<Result<void>(std::string_view table, ByteView key, ByteView value)>;
  [[nodiscard]] Result<void> visit_rows(const RowVisitor& visit);
  /// SHA-256 over these rows: equal for two indexes of one log, however they came about.
  [[nodiscard]] Result<Sha256Digest> digest();

 private:
  struct Impl;
  friend Result<void> verify_index(const log::WitnessLog& log, const IndexOptions& options);
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Compares the index of `log`, after a catch-up, with one built anew in a temporary file. No Index
/// of this log is open. Errors: `corrupt` names the first table and row that differ.
[[nodiscard]] Result<void> verify_index(const log::WitnessLog& log,
                                        const IndexOptions& options = {});

}  // namespace refold::index
