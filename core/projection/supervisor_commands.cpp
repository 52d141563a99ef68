#include <algorithm>
#include <utility>

#include "core/projection/supervisor.h"

namespace refold::projection {

Result<Done> Supervisor::pause() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  if (record_.paused) return Done{false, "'" + name_ + "' is paused already"};
  ProjectionRecord next = record_;
  next.paused = true;
  REFOLD_CHECK(save(std::move(next)));
  reconcile();
  const Deadline deadline = patience();
  for (auto& [number, generation] : open_) {
    if (!generation.runner || generation.runner->wait_ended(deadline)) continue;
    return Done{true, "'" + name_ + "' is paused, but " + title(number) +
                          " is still in a call of the plugin's"};
  }
  return Done{true, "'" + name_ + "' is paused"};
}

Result<Done> Supervisor::resume() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  if (!record_.paused) return Done{false, "'" + name_ + "' is not paused"};
  ProjectionRecord next = record_;
  next.paused = false;
  REFOLD_CHECK(save(std::move(next)));
  reconcile();
  return Done{true, "'" + name_ + "' goes on"};
}

Result<Done> Supervisor::keep_warm(bool keep) {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  if (record_.keep_warm != keep) {
    ProjectionRecord next = record_;
    next.keep_warm = keep;
    REFOLD_CHECK(save(std::move(next)));
    if (keep && newest_retired() != nullptr) (void)ensure_open(*newest_retired());
    reconcile();
    return Done{true, "the newest retired generation of '" + name_ +
                          (keep ? "' goes on folding" : "' rests")};
  }
  return Done{false, "'" + name_ + "' keeps retired generations " +
                         (keep ? "warm already" : "cold already")};
}

Result<Done> Supervisor::retry() {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  ProjectionRecord next = record_;
  bool failed = false;
  for (GenerationRecord& one : next.generations) {
    failed = failed || one.failure;
    one.failure.reset();
  }
  if (failed) REFOLD_CHECK(save(std::move(next)));
  const auto refused =
      std::erase_if(open_, [](const auto& one) { return one.second.refused.has_value(); });
  if (!failed && refused == 0) return Done{false, "'" + name_ + "' has not failed"};
  for (const GenerationRecord& one : record_.generations) {
    if (one.state != State::retired || is_warm(one)) (void)ensure_open(one);
  }
  publish();
  reconcile();
  return Done{true, "'" + name_ + "' tries again"};
}

Result<Done> Supervisor::skip(log::Seq seq) {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  ProjectionRecord next = record_;
  const std::string event = "event " + std::to_string(seq);
  for (GenerationRecord& one : next.generations) {
    if (!one.failure || one.failure->seq != seq || seq == 0) continue;
    one.failure.reset();
    one.skip.insert(std::lower_bound(one.skip.begin(), one.skip.end(), seq), seq);
    const std::uint64_t number = one.number;
    REFOLD_CHECK(save(std::move(next)));
    reconcile();
    return Done{
        true, title(number) + " passes over " + event + ", and is incomplete until it is rebuilt"};
  }
  for (const GenerationRecord& one : record_.generations) {
    if (std::binary_search(one.skip.begin(), one.skip.end(), seq)) {
      return Done{false, title(one.number) + " passes over " + event + " already"};
    }
  }
  return Error{Errc::invalid, "'" + name_ + "' has not failed at " + event +
                                  ", and only the event that it failed at can be skipped"};
}

}  // namespace refold::projection
