#include <utility>

#include "core/projection/supervisor.h"

namespace refold::projection {

bool Supervisor::wanted(const GenerationRecord& record, const Generation& generation) const {
  if (record_.paused || record.failure || generation.held || !generation.runner) return false;
  if (folding_ == Folding::nothing) return false;
  if (folding_ == Folding::current && record.number != record_.current) return false;
  switch (record.state) {
    case State::building:
    case State::ready:
    case State::live: return true;
    // What was asked of it before it retired is answered as of then.
    case State::retired: return is_warm(record) && leftovers_.empty();
    case State::detached: return generation.applied->position() < record.until;
  }
  return false;
}

void Supervisor::reconcile() {
  for (auto& [number, generation] : open_) {
    take_notice(generation);
    const GenerationRecord* const record = record_.find(number);
    if (record == nullptr || !generation.runner) continue;
    const bool wants = wanted(*record, generation);
    if (wants && !generation.runner->running()) begin(*record, generation);
    if (!wants && generation.runner->running()) generation.runner->request_stop();
    tell_waiters(*record, generation);
  }
}

void Supervisor::begin(const GenerationRecord& record, Generation& generation) {
  Runner::Orders orders;
  orders.until = record.state == State::detached ? record.until : no_end;
  orders.skip = record.skip;
  generation.started = generation.runner->start(orders).has_value();
  if (!generation.started) try_again_soon();
}

void Supervisor::take_notice(Generation& generation) {
  if (!generation.started || generation.runner->running()) return;
  generation.started = false;
  Progress progress = generation.runner->progress();
  GenerationRecord* const record = record_.find(generation.number);
  if (record == nullptr || !progress.failure) return;
  record->failure = std::move(progress.failure);
  if (environment_.catalog.put(record_).has_error()) unsaved_ = true;
}

void Supervisor::tell_waiters(const GenerationRecord& record, const Generation& generation) const {
  std::optional<Error> why;
  if (record.failure) {
    why = Error{Errc::unsupported, title(record.number) + " has failed at seq " +
                                       std::to_string(record.failure->seq) + ": " +
                                       record.failure->message};
  } else if (record_.paused) {
    why = Error{Errc::unsupported, "'" + name_ + "' is paused: refold projection resume " + name_};
  }
  generation.applied->halt(std::move(why));
}

Supervisor::Deadline Supervisor::patience() const {
  return std::chrono::steady_clock::now() + environment_.options.patience;
}

Result<void> Supervisor::stop(Generation& generation, Deadline deadline) {
  if (!generation.runner) return ok();
  generation.held = true;
  generation.runner->request_stop();
  if (generation.runner->wait_ended(deadline)) {
    take_notice(generation);
    return ok();
  }
  generation.held = false;
  const Progress progress = generation.runner->progress();
  return Error{
      Errc::timeout,
      title(generation.number) + " does not stop: " +
          (progress.calling_us == 0
               ? "it is " + std::string(name(progress.activity)) + " at seq " +
                     std::to_string(progress.seq)
               : "the plugin's " + std::string(name(progress.calling)) + " has been running for " +
                     std::to_string(progress.calling_us / 1000) + " ms, after seq " +
                     std::to_string(progress.seq) +
                     (environment_.isolation.isolated(*generation.code)
                          ? "; its process is ended soon: try again"
                          : "; if it never returns, only ending this process helps"))};
}

/// Lets everything that was stopped for a moment go on.
void Supervisor::release() {
  for (auto& [number, generation] : open_) generation.held = false;
  reconcile();
}

}  // namespace refold::projection
