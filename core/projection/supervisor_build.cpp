#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/projection/supervisor.h"

namespace refold::projection {

/// The generation that is being built beside the current one; null: none.
const GenerationRecord* Supervisor::under_way() const {
  for (const GenerationRecord& one : record_.generations) {
    const bool builds = one.state == State::building || one.state == State::ready;
    if (builds && one.number != record_.current) return &one;
  }
  return nullptr;
}

Error Supervisor::replay_under_way(const GenerationRecord& record) const {
  const auto found = open_.find(record.number);
  const log::Seq seq = found == open_.end() ? 0 : found->second.applied->position();
  const auto last = environment_.log.last();
  std::string state(name(record.state));
  if (record.failure) state = "failed: " + record.failure->message;
  std::string remedy = "; wait for it";
  if (record.number != record_.current) {
    remedy += ", or give it up: refold projection cancel " + name_;
  }
  return {Errc::busy,
          "'" + name_ + "' is being " +
              (record.returning ? "rolled back: " : "replayed already: ") + "generation " +
              std::to_string(record.number) + " is at seq " + std::to_string(seq) + " of " +
              std::to_string(last.has_value() ? *last : 0) + " (" + state + ")" + remedy};
}

/// Makes an empty generation and has it built. `record` says from what, `also` what else changes in
/// the projection's record, at once with it. Returns its number.
Result<std::uint64_t> Supervisor::build(GenerationRecord record,
                                        const std::function<void(ProjectionRecord&)>& also) {
  record.number = record_.next;
  record.created_us = now_us();
  record.failure.reset();
  record.skip.clear();
  record.returning = false;
  record.retired = 0;
  // A plugin that is built in may have changed since the record was made.
  Generation generation;
  REFOLD_CHECK(take_code(environment_, record, generation));
  record.code.version = generation.code->version;
  record.code.fold = generation.code->info.fold;
  REFOLD_CHECK(create_view(environment_, name_, record));
  ProjectionRecord next = record_;
  ++next.next;
  next.generations.push_back(record);
  if (also) also(next);
  if (auto saved = save(std::move(next)); saved.has_error()) {
    (void)view::remove_view(environment_.view_folder(name_, record.number));
    return std::move(saved).error();
  }
  (void)ensure_open(record);
  reconcile();
  return record.number;
}

Result<Done> Supervisor::replay(const ReplayRequest& request) {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  const GenerationRecord& current = *record_.find(record_.current);
  GenerationRecord next = current;
  next.slice = request.slice;
  if (!request.slice.everything()) {
    REFOLD_TRY(next.until, environment_.log.last());
    next.state = State::detached;
    REFOLD_TRY(const std::uint64_t number, build(std::move(next)));
    return Done{true, title(number) + " is being built from a slice of the log, beside the others"};
  }
  if (const GenerationRecord* const other = under_way()) return replay_under_way(*other);
  const Generation* const opened = open(current.number);
  const bool stands = current.failure || (opened != nullptr && opened->refused);
  if (current.state == State::building && !stands) return replay_under_way(current);
  next.state = State::building;
  next.hold = request.hold;
  next.until = no_end;
  REFOLD_TRY(const std::uint64_t number, build(std::move(next)));
  return Done{true, title(number) + " is being built; " + title(record_.current) +
                        " answers queries until it has caught up" +
                        (request.hold ? ", and after that until it is promoted" : "")};
}

Result<Done> Supervisor::cancel() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  std::vector<std::uint64_t> numbers;
  ProjectionRecord next = record_;
  std::string said;
  for (GenerationRecord& one : next.generations) {
    const bool builds = one.state == State::building || one.state == State::ready;
    if (one.number == record_.current || !(builds || one.state == State::detached)) continue;
    said += (said.empty() ? "" : "; ") + title(one.number);
    if (one.returning) {
      one.state = State::retired;
      one.returning = false;
      said += " rests again";
    } else {
      numbers.push_back(one.number);
      said += " is gone";
    }
  }
  if (said.empty()) return Done{false, "nothing of '" + name_ + "' is being built"};
  if (next != record_) REFOLD_CHECK(save(std::move(next)));
  reconcile();
  REFOLD_CHECK(drop(numbers));
  return Done{true, said};
}

Result<Done> Supervisor::prune() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  std::vector<std::uint64_t> numbers;
  for (const GenerationRecord& one : record_.generations) {
    const bool built = one.state == State::detached && open(one.number) != nullptr &&
                       open(one.number)->applied->position() >= one.until;
    if (one.state == State::retired || built) numbers.push_back(one.number);
  }
  if (numbers.empty()) return Done{false, "'" + name_ + "' has no retired generations"};
  REFOLD_CHECK(drop(numbers));
  return Done{true, std::to_string(numbers.size()) +
                        (numbers.size() == 1 ? " generation" : " generations") + " of '" + name_ +
                        "' deleted"};
}

void Supervisor::erase(const std::vector<std::uint64_t>& numbers, ProjectionRecord& record) {
  std::erase_if(record.generations, [&](const GenerationRecord& one) {
    return std::find(numbers.begin(), numbers.end(), one.number) != numbers.end();
  });
}

/// All, or none: then everything goes on.
Result<void> Supervisor::stop_all(const std::vector<std::uint64_t>& numbers) {
  const Deadline deadline = patience();
  for (const std::uint64_t number : numbers) {
    Generation* const generation = open(number);
    if (generation == nullptr) continue;
    if (auto stopped = stop(*generation, deadline); stopped.has_error()) {
      release();
      return stopped;
    }
  }
  return ok();
}

/// Closes and deletes generations that are stopped, and in the record no more.
void Supervisor::discard(const std::vector<std::uint64_t>& numbers) {
  for (const std::uint64_t number : numbers) {
    if (const auto found = open_.find(number); found != open_.end()) {
      found->second.applied->set_current(false);
      if (found->second.queries) leftovers_.push_back(found->second.queries);
      open_.erase(found);
    }
    trash_.push_back(environment_.view_folder(name_, number));
  }
  sweep();
  if (!leftovers_.empty() || !trash_.empty()) changed();
}

Result<void> Supervisor::drop(const std::vector<std::uint64_t>& numbers) {
  REFOLD_CHECK(stop_all(numbers));
  ProjectionRecord next = record_;
  erase(numbers, next);
  if (auto saved = save(std::move(next)); saved.has_error()) {
    release();
    return saved;
  }
  discard(numbers);
  return ok();
}

Result<void> Supervisor::remove() {
  const std::lock_guard lock(mutex_);
  if (verifying_) return being_verified();
  const Deadline deadline = patience();
  auto stopped_and_saved = [&]() -> Result<void> {
    for (auto& [number, generation] : open_) REFOLD_CHECK(stop(generation, deadline));
    return environment_.catalog.remove_projection(name_);
  }();
  if (stopped_and_saved.has_error()) {
    unsaved_ = true;
    try_again_soon();
    release();
    return stopped_and_saved;
  }
  {
    const std::lock_guard serving_lock(serving_mutex_);
    serving_.reset();
  }
  for (auto& [number, generation] : open_) {
    generation.applied->set_current(false);
    if (generation.queries && !generation.queries->close(deadline)) {
      leftovers_.push_back(generation.queries);
    }
  }
  open_.clear();
  record_.generations.clear();
  unsaved_ = false;
  remove_unlisted_views(environment_, record_);
  std::error_code ignored;
  std::filesystem::remove(environment_.folder / name_, ignored);
  return ok();
}

}  // namespace refold::projection
