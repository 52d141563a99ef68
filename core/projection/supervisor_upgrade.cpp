#include <utility>

#include "core/base/crash_point.h"
#include "core/projection/supervisor.h"

namespace refold::projection {
namespace {

std::string version_of(const CodeReference& code) {
  return "version " + code.version + " of '" + code.projection + "'";
}

}  // namespace

/// The code goes on with what is being built, if that is of its kind; else with the current
/// generation; else it builds one of its own.
Result<Done> Supervisor::upgrade(const UpgradeRequest& request) {
  const std::lock_guard lock(mutex_);
  REFOLD_CHECK(look_first());
  const GenerationRecord* target = record_.find(record_.current);
  const GenerationRecord* const building = under_way();
  if (building != nullptr) target = building;
  const OptionPairs& options = request.options ? *request.options : target->options;
  if (request.code == target->code && options == target->options) {
    return Done{false, title(target->number) + " runs " + version_of(request.code) + " already"};
  }
  GenerationRecord wanted = *target;
  wanted.code = request.code;
  wanted.options = options;
  Generation with;
  with.number = target->number;
  REFOLD_CHECK(take_code(environment_, wanted, with));
  Generation& generation = ensure_open(*target);
  if (generation.view) {
    REFOLD_TRY(const view::Checkpoint checkpoint, generation.view->checkpoint());
    REFOLD_TRY(const auto unfit, misfit(environment_.log, checkpoint, generation.view->tables(),
                                        *with.code, with.values));
    if (unfit && unfit->kind == Misfit::Kind::layout) return unfit->error;
    // What runs elsewhere could not write to a view that is open here, nor the other way round.
    const bool elsewhere = environment_.isolation.isolated(*with.code) !=
                           environment_.isolation.isolated(*generation.code);
    if (!unfit && !elsewhere) return take_over(generation, wanted, std::move(with));
  }
  if (building != nullptr) {
    if (!building->failure && !generation.refused) return replay_under_way(*building);
    REFOLD_CHECK(drop({building->number}));
  }
  wanted.state = State::building;
  wanted.hold = request.hold;
  wanted.until = no_end;
  wanted.slice = {};
  REFOLD_TRY(const std::uint64_t number, build(std::move(wanted)));
  return Done{true, title(number) + " is being built by " + version_of(request.code) + ", fold " +
                        std::to_string(with.code->info.fold) + "; " + title(record_.current) +
                        " answers queries until it has caught up" +
                        (request.hold ? ", and after that until it is promoted" : "")};
}

/// The new code goes on with the view at the edge of a batch. The old one is kept until the new one
/// has shown that it can commit, and goes on if it cannot.
Result<Done> Supervisor::take_over(Generation& generation, const GenerationRecord& wanted,
                                   Generation with) {
  with.view = generation.view;
  with.applied = generation.applied;
  with.runner = make_runner(environment_, name_, wanted, with, [this] { changed(); });
  with.queries = make_queries(environment_, name_, with);
  REFOLD_CHECK(with.queries->prepare(patience()));
  REFOLD_CHECK(stop_all({generation.number}));
  crash_point("projection.upgrade");
  const auto proven_and_saved = [&]() -> Result<void> {
    REFOLD_CHECK(prove(with, wanted));
    ProjectionRecord next = record_;
    GenerationRecord& record = *next.find(wanted.number);
    record.code = wanted.code;
    record.options = wanted.options;
    record.failure.reset();
    return save(std::move(next));
  }();
  if (proven_and_saved.has_error()) {
    with.runner.reset();
    release();
    return proven_and_saved.error();
  }
  crash_point("projection.upgrade");
  std::swap(generation, with);
  publish();
  release();
  // The old code, and its library if nobody else has it, goes with `with`.
  if (with.queries && !with.queries->close(patience())) leftovers_.push_back(with.queries);
  changed();
  return Done{true, title(generation.number) + " goes on with " + version_of(wanted.code)};
}

/// Has the new code run until it has committed, or has nothing to do.
Result<void> Supervisor::prove(Generation& with, const GenerationRecord& wanted) {
  if (record_.paused) return ok();
  begin(wanted, with);
  // One that takes longer than this for its first batch does not fail: it is slow.
  (void)with.runner->wait_proven(patience());
  const Progress progress = with.runner->progress();
  if (!progress.failure || progress.commits > 0) return ok();
  return Error{Errc::invalid, version_of(wanted.code) + " failed before its first commit, " +
                                  (progress.failure->seq == 0
                                       ? std::string()
                                       : "at seq " + std::to_string(progress.failure->seq) + ": ") +
                                  progress.failure->message + "; the one before it goes on"};
}

}  // namespace refold::projection
