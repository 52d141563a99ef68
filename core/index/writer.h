#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/index/draft.h"
#include "core/index/group.h"
#include "core/index/index.h"
#include "core/index/recorder.h"

namespace refold::index {

/// A batch on its way to the log, and who waits for it.
struct Submission {
  DraftBatch batch;
  std::size_t bytes = 0;  ///< of its payloads
  bool awaited = false;   ///< its submitter does nothing until it is done
  Outcome outcome;
  std::promise<Result<Outcome>> promise;
};

/// Living records that are to become tombstones.
struct Removal {
  std::string_view did;
  std::optional<std::string> collection;  ///< none: of any
  std::optional<std::string> rkey;
  atproto::Tid rev{};  ///< of the tombstones, or the head's, if that is newer
  std::uint16_t flags = 0;
  std::string_view source;
  /// What stays: these keys (sorted), and what has a head of a later rev. Null: nothing.
  const std::vector<RecordKey>* but_for = nullptr;

  [[nodiscard]] bool spares(const LivingRecord& record) const;
};

/// Puts drafts into the log and keeps the index beside it: what the writer thread does.
///
/// All methods are the writer thread's, but for head() and repo(), which any thread may call.
class Writer {
 public:
  /// `options.log` is that of `log`.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(log::WitnessLog& log,
                                                            const RecorderOptions& options);

  /// Appends the drafts of all batches, in order, in as few commits as the bounds allow, and then
  /// keeps each one's promise. If a batch fails, those of its run that come later fail, too.
  void record(std::span<Submission> submissions);

  [[nodiscard]] Result<Recorder::RedactionOutcome> redact(const Recorder::Redaction& what);
  /// The same in steps, with others in between: begin_redaction(), then bury() until it returns 0,
  /// then erase(). The first two return how many tombstones they appended.
  [[nodiscard]] Result<std::uint64_t> begin_redaction(const Recorder::Redaction& what);
  [[nodiscard]] Result<std::uint64_t> bury(const Recorder::Redaction& what);
  [[nodiscard]] Result<Recorder::RedactionOutcome> erase(const Recorder::Redaction& what);
  [[nodiscard]] Result<void> reindex();
  /// Writes the index to disk. Errors: see Index::flush().
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<Sha256Digest> index_digest();
  [[nodiscard]] Result<std::vector<log::Seq>> missing(std::size_t count_max);

  [[nodiscard]] Result<std::optional<Head>> head(const RecordKey& key);
  [[nodiscard]] Result<std::optional<RepoState>> repo(const RepoKey& key);
  /// The newest event of the log that the index knows.
  [[nodiscard]] log::Seq applied() const noexcept { return index_ ? index_->applied() : 0; }

 private:
  Writer(log::WitnessLog& log, const RecorderOptions& options) : log_(log), options_(options) {}

  [[nodiscard]] Result<void> open_index();
  [[nodiscard]] bool must_begin() const noexcept;
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> add(Submission& submission, std::int64_t now_us);
  [[nodiscard]] Result<void> add_all(Submission& submission, std::int64_t now_us);
  [[nodiscard]] Result<void> conclude(const Whole& whole, std::string_view source,
                                      Outcome& outcome);
  [[nodiscard]] Result<void> depart(const Draft& account, std::string_view source,
                                    Outcome& outcome);
  [[nodiscard]] Result<void> remove_living(const Removal& removal, Outcome& outcome);
  [[nodiscard]] Result<std::vector<LivingRecord>> living(const Removal& removal,
                                                         const RecordKey* after);
  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] Result<void> commit();
  [[nodiscard]] Result<void> append();
  static void fail(Submission& submission, const Error& error);

  // redaction.cpp
  struct Versions;
  [[nodiscard]] Result<void> finish_redaction();
  [[nodiscard]] Result<void> set_pending(std::string value);
  [[nodiscard]] Result<Versions> versions_of(const Recorder::Redaction& what);
  [[nodiscard]] Result<void> flag_heads(const std::vector<RecordKey>& heads);

  log::WitnessLog& log_;
  RecorderOptions options_;
  std::mutex index_lock_;  ///< between whoever changes the index and outside_
  std::unique_ptr<Index> index_;
  std::unique_ptr<Lookup> outside_;  ///< for head() and repo()
  std::unique_ptr<Group> group_;
  std::vector<Submission*> whole_;  ///< those whose last draft is in the group
  std::uint64_t incarnation_ = 0;   ///< of the log, when the index knew all of it
  bool ready_ = false;              ///< the index knows all of the log
};

}  // namespace refold::index
