#include "core/ingest/repo.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <vector>

#include "core/atproto/mst.h"
#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/index/rules.h"

namespace refold::ingest {

using atproto::quoted;
using index::Draft;
using index::DraftBatch;

namespace {

constexpr std::size_t batch_drafts_max = 10'000;
constexpr std::size_t batch_bytes_max = std::size_t{8} << 20;
constexpr std::size_t batches_in_flight_max = 2;

/// One archive on its way into the log.
class RepoImport {
 public:
  RepoImport(ByteView archive, index::Recorder& recorder, const std::string& source, Drops& drops,
             const RepoOptions& options)
      : archive_(archive), recorder_(recorder), source_(source), drops_(drops), options_(options) {}

  Result<RepoOutcome> run() {
    REFOLD_CHECK(read_commit());
    REFOLD_CHECK(check_account());
    REFOLD_CHECK(read_tree());
    std::sort(whole_.records.begin(), whole_.records.end());
    std::size_t at = 0;
    DraftBatch batch = next_batch(at);
    for (; at < entries_.size(); batch = next_batch(at)) REFOLD_CHECK(submit(std::move(batch)));
    // The last one speaks of all: none before it may have failed.
    while (!flights_.empty()) REFOLD_CHECK(settle());
    batch.whole = std::move(whole_);
    REFOLD_TRY(const index::Outcome recorded, recorder_.record(std::move(batch)));
    outcome_.outcome.add(recorded);
    return outcome_;
  }

 private:
  struct Entry {
    std::string path;
    atproto::Cid cid;
  };

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
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count() + index::future_us_max);
  }

  Result<void> check_account() {
    REFOLD_TRY(const auto state, recorder_.repo(whole_.did));
    if (!state || state->active || state->status != "deleted") return ok();
    drops_.count(Drop::gone);
    return Error{Errc::unsupported, "the account " + whole_.did +
                                        " was deleted: what its repo held is not taken again"};
  }

  Result<void> read_tree() {
    index::RecordKeys keys;
    const index::RepoKey repo = index::repo_key(whole_.did);
    const auto visit = [&](std::string_view path, const atproto::Cid& cid) -> Result<void> {
      ++outcome_.records;
      const std::size_t slash = path.find('/');
      const std::string_view collection = path.substr(0, slash);
      const std::string_view rkey = path.substr(slash + 1);
      whole_.records.push_back(keys.make(repo, whole_.did, collection, rkey));
      const bool named = atproto::valid_nsid(collection);
      if (!named || !atproto::valid_record_key(rkey)) {
        drops_.add(named ? Drop::bad_rkey : Drop::bad_collection,
                   [&] { return atproto::quoted(whole_.did) + ": path " + atproto::quoted(path); });
        return ok();
      }
      if (options_.wanted != nullptr && !options_.wanted->wants_collection(collection)) {
        drops_.count(Drop::out_of_scope);
        return ok();
      }
      entries_.push_back({std::string(path), cid});
      return ok();
    };
    auto walked = atproto::walk_mst(commit_.data, blocks_, visit);
    if (walked.has_error()) drops_.count(Drop::bad_tree);
    return walked;
  }

  /// The entries from `at` on, as many as a batch takes; moves it behind them.
  DraftBatch next_batch(std::size_t& at) {
    DraftBatch batch;
    batch.source = source_;
    const std::string_view did = batch.arena.copy(whole_.did);
    for (; at < entries_.size() && batch.drafts.size() < batch_drafts_max &&
           batch.arena.used_bytes() < batch_bytes_max;
         ++at) {
      batch.drafts.push_back(draft_of(entries_[at], did, batch.arena));
    }
    return batch;
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

  Draft draft_of(const Entry& entry, std::string_view did, Arena& arena) {
    Draft draft;
    draft.kind = log::Kind::create;
    draft.flags = log::flag::resync;
    draft.did = did;
    draft.rev = whole_.rev;
    const std::string_view path = arena.copy(entry.path);
    const std::size_t slash = path.find('/');
    draft.collection = path.substr(0, slash);
    draft.rkey = path.substr(slash + 1);
    draft.cid = entry.cid;
    if (const ByteView* const record = blocks_.find(entry.cid)) {
      draft.record = arena.copy(*record);
    } else {
      draft.missing = log::Missing::not_sent;
      drops_.add(Drop::block_missing, [&] {
        return atproto::quoted(whole_.did) + ": the record of " + atproto::quoted(entry.path) +
               " is not in the CAR";
      });
    }
    return draft;
  }

  ByteView archive_;
  index::Recorder& recorder_;
  const std::string& source_;
  Drops& drops_;
  const RepoOptions& options_;
  atproto::BlockStore blocks_;
  atproto::RepoCommit commit_;
  std::vector<Entry> entries_;
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
