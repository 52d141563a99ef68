#include "core/index/writer.h"

#include <algorithm>
#include <thread>

#include "core/base/assert.h"
#include "core/base/clock.h"
#include "core/index/marks.h"

namespace refold::index {
namespace {

/// How many records of a repo are looked up at a time when all are removed.
constexpr std::size_t removed_at_once_max = 10'000;
constexpr std::chrono::milliseconds retry_delay_min{5};
constexpr std::chrono::milliseconds retry_delay_max{500};

bool may_pass(const Error& error) { return error.code == Errc::io || error.code == Errc::no_space; }

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(log::WitnessLog& log, const RecorderOptions& options) {
  std::unique_ptr<Writer> writer(new Writer(log, options));
  REFOLD_CHECK(writer->begin());
  REFOLD_CHECK(writer->finish_redaction());
  return writer;
}

Result<void> Writer::open_index() {
  REFOLD_TRY(index_, Index::open(log_, options_.index));
  outside_ = index_->lookup();
  group_ = std::make_unique<Group>(log_, *index_);
  return ok();
}

bool Writer::must_begin() const noexcept {
  return !ready_ || incarnation_ != log_.incarnation() || index_->closed() ||
         index_->flush_overdue();
}

/// Makes sure that the index knows all of the log, and empties the group.
Result<void> Writer::begin() {
  const std::lock_guard lock(index_lock_);
  const bool append_failed = !ready_;  // its marks may be there, as its events may
  ready_ = false;
  incarnation_ = log_.incarnation();
  // What a failed append has left will be acknowledged as known: a commit has to prove it first.
  if (append_failed) REFOLD_CHECK(log_.append({}));
  if (!index_) {
    REFOLD_CHECK(open_index());
  } else {
    REFOLD_CHECK(index_->catch_up());
    if (append_failed) REFOLD_CHECK(index_->fold_marks());
    if (index_->flush_overdue()) REFOLD_CHECK(index_->flush());
  }
  group_->clear();
  ready_ = true;
  return ok();
}

void Writer::record(std::span<Submission> submissions) {
  const std::int64_t now = now_us();
  for (Submission& submission : submissions) {
    auto added = add_all(submission, now);
    if (added) {
      whole_.push_back(&submission);
    } else {
      fail(submission, added.error());
    }
  }
  (void)commit();  // it has told those concerned
}

Result<void> Writer::add_all(Submission& submission, std::int64_t now_us) {
  if (submission.batch.run && submission.batch.run->failed) {
    return Error{Errc::closed, "an earlier batch of source " + submission.batch.source +
                                   " failed; submit again from there"};
  }
  if (must_begin()) {
    REFOLD_CHECK(commit());
    REFOLD_CHECK(begin());
  }
  REFOLD_CHECK(Group::check_extras(submission.batch.extras));
  REFOLD_CHECK(add(submission, now_us));
  return group_->add_extras(std::move(submission.batch.extras));
}

Result<void> Writer::add(Submission& submission, std::int64_t now_us) {
  const std::string_view source = submission.batch.source;
  for (const Draft& draft : submission.batch.drafts) {
    if (full()) REFOLD_CHECK(commit());
    REFOLD_TRY(const bool departs, group_->departs(draft, source, now_us));
    if (departs) REFOLD_CHECK(depart(draft, source, submission.outcome));
    REFOLD_CHECK(group_->add(draft, source, now_us, submission.outcome));
  }
  if (!submission.batch.whole) return ok();
  return conclude(*submission.batch.whole, source, submission.outcome);
}

/// Tombstones for every living record before the account event: a crash in between leaves an
/// account event that is not known yet, and its replay goes on where this ended.
Result<void> Writer::depart(const Draft& account, std::string_view source, Outcome& outcome) {
  REFOLD_TRY(const auto state, group_->lookup().repo(repo_key(account.did)));
  Removal removal;
  removal.did = account.did;
  removal.rev = state ? state->rev : atproto::Tid{};
  removal.flags = account.flags;
  removal.source = source;
  return remove_living(removal, outcome);
}

bool Removal::spares(const LivingRecord& record) const {
  if (but_for == nullptr) return false;
  return record.head.rev > rev || std::binary_search(but_for->begin(), but_for->end(), record.key);
}

Result<void> Writer::conclude(const Whole& whole, std::string_view source, Outcome& outcome) {
  Removal removal;
  removal.did = whole.did;
  removal.rev = whole.rev;
  removal.flags = log::flag::resync;
  removal.source = source;
  removal.but_for = &whole.records;
  REFOLD_CHECK(remove_living(removal, outcome));
  REFOLD_TRY(const auto before, whole_rev(log_, whole.did));
  log::CommitExtras extras;
  extras.marks.push_back(repo_mark(whole.did, whole.rev));
  const bool news = whole.complete && (!before || *before < whole.rev);
  if (news) extras.marks.push_back(whole_mark(whole.did, whole.rev));
  return group_->add_extras(std::move(extras));
}

Result<void> Writer::remove_living(const Removal& removal, Outcome& outcome) {
  std::optional<RecordKey> after;
  for (;;) {
    REFOLD_TRY(const auto records, living(removal, after ? &*after : nullptr));
    if (records.empty()) return ok();
    for (const LivingRecord& record : records) {
      if (removal.spares(record)) continue;
      REFOLD_TRY(const log::Event event, group_->read(record.head.seq));
      const bool meant = event.did == removal.did &&
                         (!removal.collection || event.collection == *removal.collection) &&
                         (!removal.rkey || event.rkey == *removal.rkey);
      if (meant) {
        group_->add_tombstone(event, record, removal.rev, removal.flags, removal.source, outcome);
      }
      if (full()) REFOLD_CHECK(commit());
    }
    after = std::max_element(records.begin(), records.end(), [](const auto& a, const auto& b) {
              return a.key < b.key;
            })->key;
  }
}

/// The next of them, in the order in which they are quick to read.
Result<std::vector<LivingRecord>> Writer::living(const Removal& removal, const RecordKey* after) {
  std::vector<LivingRecord> found;
  if (removal.rkey) {
    const RecordKey key = record_key(removal.did, *removal.collection, *removal.rkey);
    REFOLD_TRY(const auto head, group_->lookup().head(key));
    if (after == nullptr && head && head->kind != log::Kind::remove) found.push_back({key, *head});
    return found;
  }
  REFOLD_TRY(found, group_->lookup().living(repo_key(removal.did), after, removed_at_once_max));
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.head.seq < b.head.seq; });
  return found;
}

bool Writer::full() const noexcept {
  return group_->events().size() >= options_.group_events_max ||
         group_->bytes() >= options_.group_bytes_max;
}

/// Appends what the group holds, tells the index, and keeps the promises of the batches that end in
/// it. The group is empty afterwards; if this failed, begin() comes before anything else.
Result<void> Writer::commit() {
  auto done = group_ ? append() : ok();
  if (done && group_ && !group_->events().empty()) {
    const std::lock_guard lock(index_lock_);
    index_->absorb(group_->changes(), group_->last());
  } else if (done && group_ && !group_->empty()) {
    const std::lock_guard lock(index_lock_);
    index_->absorb(group_->changes(), index_->applied());
  }
  for (Submission* submission : whole_) {
    submission->outcome.last = applied();
    if (done) {
      submission->promise.set_value(submission->outcome);
    } else {
      fail(*submission, done.error());
    }
  }
  whole_.clear();
  if (group_) group_->clear();
  // A failure is tried again after the next commit, until begin() refuses to go on without.
  if (done && index_ && index_->flush_due()) {
    const std::lock_guard lock(index_lock_);
    (void)index_->flush_behind();
  }
  return done;
}

Result<void> Writer::append() {
  if (group_->empty()) return ok();
  const log::Seq last = group_->last();
  const auto deadline = std::chrono::steady_clock::now() + options_.retry_for;
  for (auto delay = retry_delay_min;; delay = std::min(2 * delay, retry_delay_max)) {
    auto appended = log_.append(group_->events(), group_->extras());
    if (appended) {
      REFOLD_ASSERT(group_->events().empty() || group_->events().back().seq == last,
                    "somebody else has appended to the log");
      return ok();
    }
    ready_ = false;
    if (!may_pass(appended.error()) || std::chrono::steady_clock::now() + delay > deadline) {
      return appended;
    }
    // A commit that failed may be there all the same. It is then not known to be durable, and the
    // drafts have to be found known when they come again.
    REFOLD_TRY(const log::Seq there, log_.last());
    if (there != index_->applied()) return appended;
    std::this_thread::sleep_for(delay);
  }
}

void Writer::fail(Submission& submission, const Error& error) {
  if (submission.batch.run) submission.batch.run->failed = true;
  submission.promise.set_value(error);
}

Result<void> Writer::flush() {
  const std::lock_guard lock(index_lock_);
  return index_ ? index_->flush() : ok();
}

Result<void> Writer::reindex() {
  const std::lock_guard lock(index_lock_);
  ready_ = false;
  group_.reset();
  outside_.reset();
  index_.reset();
  auto rebuilt = Index::rebuild(log_, options_.index);
  auto opened = open_index();  // the new one, or the old one
  return rebuilt ? opened : rebuilt;
}

Result<Sha256Digest> Writer::index_digest() {
  if (must_begin()) REFOLD_CHECK(begin());
  const std::lock_guard lock(index_lock_);
  return index_->digest();
}

Result<std::vector<log::Seq>> Writer::missing(std::size_t count_max) {
  if (must_begin()) REFOLD_CHECK(begin());
  const std::lock_guard lock(index_lock_);
  return index_->missing(count_max);
}

Result<std::optional<Head>> Writer::head(const RecordKey& key) {
  const std::lock_guard lock(index_lock_);
  if (!outside_) return Error{Errc::closed, "the index could not be opened"};
  return outside_->head(key);
}

Result<std::optional<RepoState>> Writer::repo(const RepoKey& key) {
  const std::lock_guard lock(index_lock_);
  if (!outside_) return Error{Errc::closed, "the index could not be opened"};
  return outside_->repo(key);
}

}  // namespace refold::index
