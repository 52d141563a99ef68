#include <algorithm>
#include <utility>

#include "core/base/crash_point.h"
#include "core/projection/supervisor.h"

namespace refold::projection {
namespace {

/// A retired generation that lacks no more than this catches up while the command waits.
constexpr log::Seq close_behind_events = 10'000;
/// How soon it is seen that one ended on its way.
constexpr std::chrono::milliseconds look_at_next_after{20};

}  // namespace

/// What was asked of a generation before it retired is answered as of then: were it to fold on
/// meanwhile, those who asked could know more than the current one has, and then go back in time.
/// Errors: `busy` if that takes too long.
Result<void> Supervisor::finish_leftovers(Deadline deadline) {
  while (!leftovers_.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{Errc::busy,
                   "what was asked of '" + name_ + "' before the last switch is not answered yet"};
    }
    sweep();
  }
  return ok();
}

/// Stops the current loop, and has `next` come as far. Neither is let go on afterwards. Errors:
/// `busy` if it does not come so far in time.
Result<void> Supervisor::meet(Generation& next, Deadline deadline) {
  Generation* const current = open(record_.current);
  // A view that is refused has no position that means anything.
  if (current == nullptr || current->refused) return ok();
  if (!next.runner->running()) REFOLD_CHECK(finish_leftovers(deadline));
  REFOLD_CHECK(stop(*current, deadline));
  const log::Seq goal = current->applied->position();
  if (next.applied->position() >= goal) return ok();
  if (record_.paused) {
    return Error{Errc::unsupported, title(next.number) + " is behind the current one, and '" +
                                        name_ + "' is paused: resume it first"};
  }
  const GenerationRecord& record = *record_.find(next.number);
  if (!next.runner->running()) {
    next.applied->halt(std::nullopt);
    begin(record, next);
  }
  for (auto now = std::chrono::steady_clock::now(); now < deadline && next.runner->running();
       now = std::chrono::steady_clock::now()) {
    if (next.applied->wait_for(goal, std::min(deadline, now + look_at_next_after))) return ok();
  }
  if (next.applied->position() >= goal) return ok();
  take_notice(next);
  const Progress progress = next.runner->progress();
  return Error{progress.failure ? Errc::unsupported : Errc::busy,
               title(next.number) + " did not reach seq " + std::to_string(goal) +
                   " in time: it is " + std::string(name(progress.activity)) + " at seq " +
                   std::to_string(progress.seq) +
                   (progress.failure ? ": " + progress.failure->message : "")};
}

/// Puts `next` in the place of the current generation, which retires: at one seq, so that no query
/// and nobody who waits goes back in time.
Result<void> Supervisor::make_current(Generation& next, const char* point, Deadline deadline) {
  if (auto met = meet(next, deadline); met.has_error()) {
    release();
    return met;
  }
  ProjectionRecord changed_record = record_;
  GenerationRecord& old = *changed_record.find(record_.current);
  old.state = State::retired;
  old.retired = ++changed_record.switches;
  GenerationRecord& record = *changed_record.find(next.number);
  record.state = State::live;
  record.hold = record.returning = false;
  // It came here: what it once failed at is behind it.
  if (next.runner && !next.runner->progress().failure) record.failure.reset();
  changed_record.current = next.number;
  crash_point(point);
  if (auto saved = save(std::move(changed_record)); saved.has_error()) {
    release();
    return saved;
  }
  crash_point(point);
  publish();
  // What the old one's queries still do they finish; later ones get a new thread.
  if (Generation* const before = open(newest_retired()->number); before && before->queries) {
    leftovers_.push_back(std::move(before->queries));
    before->queries = make_queries(environment_, name_, *before);
  }
  release();
  changed();
  return ok();
}

Result<Done> Supervisor::promote() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  const GenerationRecord* const next = under_way();
  if (next == nullptr) {
    return Done{false, title(record_.current) + " is current, and none is ready to follow it"};
  }
  Generation& generation = ensure_open(*next);
  if (generation.refused) return *generation.refused;
  if (next->failure) {
    return Error{Errc::unsupported, title(next->number) + " has failed at seq " +
                                        std::to_string(next->failure->seq) + ": " +
                                        next->failure->message};
  }
  if (next->state != State::ready && !generation.runner->progress().caught_up) {
    return Error{Errc::busy, title(next->number) + " has not caught up yet: it is at seq " +
                                 std::to_string(generation.applied->position())};
  }
  const std::uint64_t number = next->number;
  REFOLD_CHECK(make_current(generation, "projection.promote", patience()));
  return Done{true, title(number) + " is current"};
}

Result<Done> Supervisor::rollback() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  for (const GenerationRecord& one : record_.generations) {
    if (one.state == State::building && one.returning) {
      return Done{false, title(one.number) + " is catching up already, and then takes over"};
    }
  }
  const GenerationRecord* const retired = newest_retired();
  if (retired == nullptr) {
    return Error{Errc::not_found, "'" + name_ + "' has no retired generation to roll back to"};
  }
  const std::uint64_t number = retired->number;
  Generation& generation = ensure_open(*retired);
  if (generation.refused) return *generation.refused;
  REFOLD_TRY(const log::Seq last, environment_.log.last());
  if (generation.applied->position() + close_behind_events >= last) {
    const auto made = make_current(generation, "projection.rollback", patience());
    if (made.has_value()) return Done{true, title(number) + " is current again"};
    // One that comes slowly is no other case than one that is far behind.
    if (made.error().code != Errc::busy) return made.error();
  }
  ProjectionRecord next = record_;
  GenerationRecord& record = *next.find(number);
  record.state = State::building;
  record.returning = true;
  record.failure.reset();
  REFOLD_CHECK(save(std::move(next)));
  reconcile();
  return Done{true, title(number) + " catches up from seq " +
                        std::to_string(generation.applied->position()) +
                        ", and then is current again"};
}

Result<Done> Supervisor::reset() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  GenerationRecord fresh = *record_.find(record_.current);
  const std::uint64_t emptied = fresh.number;
  std::vector<std::uint64_t> gone{emptied};
  if (const GenerationRecord* const other = under_way()) gone.push_back(other->number);
  fresh.state = State::building;
  fresh.hold = false;
  REFOLD_CHECK(stop_all(gone));
  crash_point("projection.reset");
  const auto built = build(std::move(fresh), [&](ProjectionRecord& next) {
    next.current = next.generations.back().number;
    erase(gone, next);
  });
  if (built.has_error()) {
    release();
    return built.error();
  }
  crash_point("projection.reset");
  publish();
  discard(gone);
  return Done{
      true, title(emptied) + " is gone; " + title(*built) + " is current, empty, and being built"};
}

}  // namespace refold::projection
