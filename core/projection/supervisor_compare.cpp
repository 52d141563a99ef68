#include <algorithm>
#include <utility>

#include "core/projection/supervisor.h"

namespace refold::projection {
namespace {

constexpr unsigned recounts_max = 5;

}  // namespace

/// Stops both at one seq, if the one behind gets there.
void Supervisor::align(Generation& one, Generation& other) {
  if (stop_all({one.number, other.number}).has_error()) return;
  Generation& behind = one.applied->position() < other.applied->position() ? one : other;
  const Generation& ahead = &behind == &one ? other : one;
  const GenerationRecord& record = *record_.find(behind.number);
  const log::Seq goal = ahead.applied->position();
  const bool may_run = !record_.paused && !record.failure && record.state != State::detached;
  if (behind.applied->position() == goal || !may_run) return;
  if (behind.runner->start({goal, record.skip, false}).has_error()) return;
  behind.started = true;
  if (behind.runner->wait_ended(patience())) {
    take_notice(behind);
  } else {
    behind.runner->request_stop();
  }
}

Result<Diff> Supervisor::diff(std::uint64_t generation, std::size_t samples_max) {
  Diff diff;
  // Whoever deletes one of them meanwhile does so when both are let go.
  std::vector<std::shared_ptr<view::View>> views;
  std::vector<view::Snapshot> snapshots;
  {
    const std::lock_guard lock(mutex_);
    REFOLD_CHECK(look_first());
    const GenerationRecord* other = generation == 0 ? nullptr : record_.find(generation);
    for (const GenerationRecord& one : record_.generations) {
      if (generation == 0 && one.number != record_.current) other = &one;
    }
    if (other == nullptr || other->number == record_.current) {
      return Error{Errc::not_found,
                   "'" + name_ + "' has no " +
                       (generation == 0 ? std::string("other generation")
                                        : "other generation " + std::to_string(generation)) +
                       " to compare with"};
    }
    Generation& before = ensure_open(*record_.find(record_.current));
    Generation& after = ensure_open(*other);
    for (const Generation* const one : {&before, &after}) {
      if (one->refused) return *one->refused;
    }
    diff.before = before.number;
    diff.after = after.number;
    align(before, after);
    for (const Generation* const one : {&before, &after}) {
      views.push_back(one->view);
      auto snapshot = view::Snapshot::open(*one->view);
      if (snapshot.has_error()) {
        release();
        return std::move(snapshot).error();
      }
      snapshots.push_back(std::move(*snapshot));
    }
    release();
  }
  REFOLD_CHECK(compare(snapshots[0], snapshots[1], samples_max, diff));
  return diff;
}

/// The moment and the recount belong together: the loop rests while the rows are counted. A command
/// may let it go on all the same; then it is counted again.
Result<view::Snapshot> Supervisor::snapshot_of_current(
    std::uint64_t generation, Result<std::vector<view::TableStat>>& recounted) {
  for (unsigned round = 1;; ++round) {
    std::shared_ptr<view::View> view;
    {
      const std::lock_guard lock(mutex_);
      const Generation* const current = open(generation);
      if (current == nullptr || record_.current != generation) {
        return Error{Errc::closed, title(generation) + " is not current any more"};
      }
      view = current->view;
      REFOLD_CHECK(stop_all({generation}));
    }
    auto snapshot = view::Snapshot::open(*view);
    if (snapshot.has_value()) recounted = snapshot->recount();
    const std::lock_guard lock(mutex_);
    release();
    const bool disturbed =
        snapshot.has_value() && recounted.has_error() && recounted.error().code == Errc::busy;
    if (!disturbed || round == recounts_max) return snapshot;
  }
}

Result<VerifyReport> Supervisor::verify(const std::atomic<bool>* stop,
                                        std::atomic<log::Seq>* rebuilt) {
  VerifySubject subject;
  {
    const std::lock_guard lock(mutex_);
    REFOLD_CHECK(look_first());
    if (verifying_) return being_verified();
    const Generation& current = ensure_open(*record_.find(record_.current));
    if (current.refused) return *current.refused;
    subject = {name_, *record_.find(record_.current), current.code, current.values, current.view};
    verifying_ = true;
  }
  const std::uint64_t number = subject.record.number;
  auto report = projection::verify(
      environment_, subject,
      [&](Result<std::vector<view::TableStat>>& recounted) {
        return snapshot_of_current(number, recounted);
      },
      stop, rebuilt);
  const std::lock_guard lock(mutex_);
  verifying_ = false;
  if (report.has_value() && report->equal) mark_verified(number, subject.code);
  return report;
}

/// Unless other code has taken over meanwhile.
void Supervisor::mark_verified(std::uint64_t generation, const CodePointer& code) {
  Generation* const found = open(generation);
  if (found == nullptr || !found->runner || found->code != code) return;
  const auto checkpoint = found->view->checkpoint();
  if (checkpoint.has_error() || !checkpoint->unverified) return;
  if (found->runner->running()) {
    found->runner->request_verified();
    return;
  }
  const GenerationRecord& record = *record_.find(generation);
  if (found->runner->start({found->applied->position(), record.skip, true}).has_error()) return;
  (void)found->runner->wait_ended(patience());
}

}  // namespace refold::projection
