#include "core/ingest/repo.h"

#include <algorithm>
#include <deque>
#include <future>
#include <vector>

#include "core/atproto/mst.h"
#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/base/clock.h"
#include "core/index/rules.h"

namespace refold::ingest {

using atproto::quoted;
using index::Draft;
using index::DraftBatch;

namespace {

constexpr std::size_t batch_drafts_max = 10'000;
constexpr std::size_t batch_bytes_max = std::size_t{8} << 20;
constexpr std::size_t batches_in_flight_max = 2;
/// What records may come to together, several of which may be one block: so many times the archive,
/// and this.
constexpr std::size_t record_bytes_factor = 4;
constexpr std::size_t record_bytes_extra = std::size_t{16} << 20;

/// One archive on its way into the log.
class RepoImport {
 public:
  RepoImport(ByteView archive, index::Recorder& recorder, const std::string& source, Drops& drops,
             const RepoOptions& options)
      : archive_(archive),
        recorder_(recorder),
        source_(source),
        drops_(drops),
        options_(options),
        record_bytes_left_(record_bytes_factor * archive.size() + record_bytes_extra) {}

  Result<RepoOutcome> run() {
    REFOLD_CHECK(read_commit());
    REFOLD_CHECK(check_account());
    REFOLD_CHECK(check_tree());
    REFOLD_CHECK(submit_records());
    // The last one speaks of all: none before it may have failed.
    while (!flights_.empty()) REFOLD_CHECK(settle());
    std::sort(whole_.records.begin(), whole_.records.end());
    whole_.complete = options_.wanted == nullptr;
    batch_.whole = std::move(whole_);
    REFOLD_TRY(const index::Outcome recorded, recorder_.record(std::move(batch_)));
    outcome_.outcome.add(recorded);
    return outcome_;
  }

 private:
  Result<void> read_commit() {
    atproto::CarLimits limits;
    limits.blocks_max = options_.blocks_max;
    REFOLD_TRY(const atproto::CarContents contents, atproto::read_car(archive_, blocks_, limits));
    if (!contents.damaged.empty()) {
      drops_.count(Drop::block_damaged, contents.damaged.size());
      return invalid("block " + to_text(contents.damaged[0]) +
                     " of the CAR does not hash to its CID; fetch the repo again");
    }
    if (contents.roots.empty()) return invalid("the CAR names no commit as its root");
    const ByteView* const block = blocks_.find(contents.roots[0]);
    if (block == nullptr) {
      return Error{Errc::not_found, "commit " + to_text(contents.roots[0]) + " is not in the CAR"};
    }
    REFOLD_TRY(commit_, atproto::read_repo_commit(*block));
    if (!atproto::valid_did(commit_.did)) {
      return invalid("the commit is of no valid DID: " + quoted(commit_.did));
    }
    const auto rev = atproto::parse_tid(commit_.rev);
    if (!rev) return invalid("the rev of the commit is no TID: " + quoted(commit_.rev));
    if (!options_.did.empty() && commit_.did != options_.did) {
      return invalid("the CAR has the repo of " + quoted(commit_.did) + ", not of " +
                     atproto::quoted(options_.did));
    }
    if (rev->micros() > latest_rev_micros()) {
      return invalid("the rev of the commit, " + quoted(commit_.rev) +
                     ", is of the future: is this machine's clock right?");
    }
    outcome_.did = whole_.did = std::string(commit_.did);
    outcome_.rev = whole_.rev = *rev;
    return ok();
  }

  /// As for any draft: a repo's mark must not say what no draft may.
  static std::uint64_t latest_rev_micros() {
    return static_cast<std::uint64_t>(now_us() + index::future_us_max);
  }

  Result<void> check_account() {
    REFOLD_TRY(const auto state, recorder_.repo(whole_.did));
    if (!state || !index::is_deleted(*state)) return ok();
    drops_.count(Drop::gone);
    return Error{Errc::unsupported, "the account " + whole_.did +
                                        " was deleted: what its repo held is not taken again"};
  }

  /// Reads the whole tree, and which records it has.
  Result<void> check_tree() {
    index::RecordKeys keys;
    const index::RepoKey repo = index::repo_key(whole_.did);
    const auto visit = [&](std::string_view path, const atproto::Cid&) -> Result<void> {
      if (++outcome_.records > options_.blocks_max)
        return Error{Errc::too_large,
                     "the tree has more than " + std::to_string(options_.blocks_max) + " records"};
      const std::size_t slash = path.find('/');
      whole_.records.push_back(
          keys.make(repo, whole_.did, path.substr(0, slash), path.substr(slash + 1)));
      return ok();
    };
    auto walked = atproto::walk_mst(commit_.data, blocks_, visit);
    if (walked.has_error()) drops_.count(Drop::bad_tree);
    return walked;
  }

  /// Walks the tree again: keys share their beginnings there, all of them at once would take many
  /// times the archive's size. What is not submitted in the end is in batch_.
  Result<void> submit_records() {
    start_batch();
    const auto visit = [&](std::string_view path, const atproto::Cid& cid) -> Result<void> {
      if (!takes(path)) return ok();
      const bool full =
          batch_.drafts.size() >= batch_drafts_max || batch_.arena.used_bytes() >= batch_bytes_max;
      if (full) REFOLD_CHECK(submit(std::move(batch_)));
      if (full) start_batch();
      add_draft(path, cid);
      return ok();
    };
    return atproto::walk_mst(commit_.data, blocks_, visit);
  }

  bool takes(std::string_view path) {
    const std::size_t slash = path.find('/');
    const std::string_view collection = path.substr(0, slash);
    const bool named = atproto::valid_nsid(collection);
    if (!named || !atproto::valid_record_key(path.substr(slash + 1))) {
      drops_.add(named ? Drop::bad_rkey : Drop::bad_collection,
                 [&] { return atproto::quoted(whole_.did) + ": path " + quoted(path); });
      return false;
    }
    const bool wanted = options_.wanted == nullptr || options_.wanted->wants_collection(collection);
    if (!wanted) drops_.count(Drop::out_of_scope);
    return wanted;
  }

  void start_batch() {
    batch_ = {};
    batch_.source = source_;
    did_ = batch_.arena.copy(whole_.did);
  }

  Result<void> submit(DraftBatch batch) {
    while (flights_.size() >= batches_in_flight_max) REFOLD_CHECK(settle());
    flights_.push_back(recorder_.submit(std::move(batch)));
    return ok();
  }

  /// Waits for the oldest batch.
  Result<void> settle() {
    auto recorded = flights_.front().get();
    flights_.pop_front();
    REFOLD_TRY(const index::Outcome outcome, std::move(recorded));
    outcome_.outcome.add(outcome);
    return ok();
  }

  void add_draft(std::string_view key, const atproto::Cid& cid) {
    Draft draft;
    draft.kind = log::Kind::create;
    draft.flags = log::flag::resync;
    draft.did = did_;
    draft.rev = whole_.rev;
    const std::string_view path = batch_.arena.copy(key);
    const std::size_t slash = path.find('/');
    draft.collection = path.substr(0, slash);
    draft.rkey = path.substr(slash + 1);
    draft.cid = cid;
    set_record(draft, path);
    batch_.drafts.push_back(draft);
  }

  void set_record(Draft& draft, std::string_view path) {
    const ByteView* const record = blocks_.find(*draft.cid);
    if (record == nullptr) {
      draft.missing = log::Missing::not_sent;
      return drops_.add(Drop::block_missing, [&] {
        return atproto::quoted(whole_.did) + ": the record of " + quoted(path) +
               " is not in the CAR";
      });
    }
    if (record->size() > record_bytes_left_) {
      draft.missing = log::Missing::too_large;
      return;
    }
    record_bytes_left_ -= record->size();
    draft.record = batch_.arena.copy(*record);
  }

  ByteView archive_;
  index::Recorder& recorder_;
  const std::string& source_;
  Drops& drops_;
  const RepoOptions& options_;
  atproto::BlockStore blocks_;
  atproto::RepoCommit commit_;
  std::size_t record_bytes_left_;
  DraftBatch batch_;
  std::string_view did_;  ///< the batch's copy
  std::deque<std::future<Result<index::Outcome>>> flights_;
  index::Whole whole_;
  RepoOutcome outcome_;
};

}  // namespace

Result<RepoOutcome> import_repo(ByteView archive, index::Recorder& recorder,
                                const std::string& source, Drops& drops,
                                const RepoOptions& options) {
  return RepoImport(archive, recorder, source, drops, options).run();
}

}  // namespace refold::ingest
