#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/projection/supervisor.h"

namespace refold::projection {
namespace {

/// How long the first event behind `seq` has been there; 0 if there is none.
Result<std::int64_t> lag_us(const log::WitnessLog& log, log::Seq seq, log::Seq last) {
  if (seq >= last) return std::int64_t{0};
  log::Page page;
  const auto found = log.get(seq + 1, page);
  if (found.has_error()) {
    if (found.error().code == Errc::unsupported) return std::int64_t{0};
    return found.error();
  }
  return std::max<std::int64_t>(0, now_us() - page.events.front().witness_us);
}

Result<GenerationStatus> status_of(const log::WitnessLog& log, log::Seq last,
                                   const GenerationRecord& record, const Generation& generation) {
  GenerationStatus status;
  status.record = record;
  status.refused = generation.refused;
  if (!generation.view) return status;
  status.open = true;
  if (generation.runner) status.progress = generation.runner->progress();
  REFOLD_TRY(status.checkpoint, generation.view->checkpoint());
  REFOLD_TRY(status.stat, generation.view->stat());
  status.progress.seq = status.checkpoint.seq;
  REFOLD_CHECK(measure_lag(log, last, status));
  const double rate = status.progress.events_per_second;
  if (status.lag_events > 0 && rate > 0 && !has_ended(status.progress.activity)) {
    status.eta_seconds = static_cast<double>(status.lag_events) / rate;
  }
  return status;
}

}  // namespace

Result<void> measure_lag(const log::WitnessLog& log, log::Seq last, GenerationStatus& status) {
  const log::Seq seq = status.checkpoint.seq;
  const log::Seq goal = std::min(last, status.record.until);
  status.lag_events = goal > seq ? goal - seq : 0;
  REFOLD_TRY(status.lag_us, lag_us(log, seq, goal));
  return ok();
}

const GenerationStatus* ProjectionStatus::current() const noexcept {
  for (const GenerationStatus& one : generations) {
    if (one.record.number == record.current) return &one;
  }
  return nullptr;
}

std::string_view ProjectionStatus::state() const noexcept {
  const GenerationStatus* const now = current();
  if (now == nullptr || now->refused) return "refused";
  if (now->record.failure) return "failed";
  if (record.paused) return "paused";
  if (now->progress.activity == Activity::stalled) return "stalled";
  return name(now->record.state);
}

Result<ProjectionStatus> Supervisor::status() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  ProjectionStatus status;
  status.record = record_;
  REFOLD_TRY(status.log_last, environment_.log.last());
  for (const GenerationRecord& one : record_.generations) {
    const auto found = open_.find(one.number);
    if (found == open_.end()) {
      GenerationStatus closed;
      closed.record = one;
      status.generations.push_back(std::move(closed));
      continue;
    }
    REFOLD_TRY(status.generations.emplace_back(),
               status_of(environment_.log, status.log_last, one, found->second));
  }
  if (!leftovers_.empty()) {
    status.leftovers.push_back(std::to_string(leftovers_.size()) +
                               " calls into code that was replaced have not returned yet");
  }
  return status;
}

bool Supervisor::list_behind(log::Seq last, std::vector<std::string>& behind) const {
  const std::lock_guard lock(mutex_);
  bool coming = false;
  for (const GenerationRecord& one : record_.generations) {
    const auto found = open_.find(one.number);
    if (found != open_.end() && found->second.applied->position() >= last) continue;
    // What is built from a slice is nobody's to keep, and looked at for a while only.
    if (one.state == State::detached) continue;
    behind.push_back(title(one.number));
    // What is held for a moment goes on afterwards.
    if (found != open_.end()) {
      const bool held = found->second.held || (is_warm(one) && !leftovers_.empty());
      coming = coming || held || wanted(one, found->second);
    }
  }
  return coming;
}

}  // namespace refold::projection
