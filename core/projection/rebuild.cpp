#include "core/projection/rebuild.h"

#include <algorithm>
#include <utility>

namespace refold::projection {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_after{50};
/// A rebuild that cannot write for so long is given up: it is only a check.
constexpr std::chrono::seconds stalled_max{3};

}  // namespace

Result<std::unique_ptr<Rebuild>> Rebuild::start(Environment& environment,
                                                const VerifySubject& subject,
                                                std::shared_ptr<const Watch> watch) {
  std::unique_ptr<Rebuild> rebuild(new Rebuild());
  rebuild->folder_ = environment.folder / subject.projection / "verify";
  REFOLD_CHECK(view::remove_view(rebuild->folder_));
  REFOLD_TRY(const view::Checkpoint first,
             first_checkpoint(environment.log, *subject.code, subject.values, subject.projection,
                              subject.record.number));
  {
    REFOLD_TRY(const auto created,
               view::View::create(rebuild->folder_, view_tables(subject.code->info), first,
                                  environment.options.view));
    (void)created;
  }
  REFOLD_TRY(rebuild->view_, environment.isolation.open_view(*subject.code, rebuild->folder_,
                                                             environment.options.view));
  REFOLD_TRY(const view::Checkpoint verified, subject.view->checkpoint());
  rebuild->skip_ = verified.skipped;
  rebuild->skip_.insert(rebuild->skip_.end(), subject.record.skip.begin(),
                        subject.record.skip.end());
  std::sort(rebuild->skip_.begin(), rebuild->skip_.end());
  LoopSetup loop;
  loop.log = &environment.log;
  loop.view = rebuild->view_;
  loop.code = subject.code;
  loop.name = subject.projection;
  loop.values = subject.values;
  loop.slice = subject.record.slice;
  loop.sink = environment.options.log;
  loop.options = environment.options.loop;
  if (watch) loop.options.apply_events_max = 1;
  loop.watch = std::move(watch);
  rebuild->runner_ =
      environment.isolation.runner(std::move(loop), std::make_shared<Watermark>(), [] {});
  return rebuild;
}

Rebuild::~Rebuild() {
  runner_.reset();
  view_.reset();
  // What cannot be removed now is removed when the projection is opened the next time.
  (void)view::remove_view(folder_);
}

Result<void> Rebuild::run_to(log::Seq seq, const std::atomic<bool>* stop,
                             std::atomic<log::Seq>* rebuilt) {
  REFOLD_CHECK(runner_->start({seq, skip_, false}));
  Clock::time_point went = Clock::now();
  while (!runner_->wait_ended(Clock::now() + look_after)) {
    if (stop != nullptr && *stop) runner_->request_stop();
    const Progress progress = runner_->progress();
    if (rebuilt != nullptr) *rebuilt = progress.seq;
    if (progress.activity != Activity::stalled) went = Clock::now();
    if (Clock::now() - went < stalled_max) continue;
    runner_->request_stop();
    (void)runner_->wait_ended(Clock::time_point::max());
    return Error{Errc::io, "the rebuild does not go on: " + progress.why};
  }
  const Progress progress = runner_->progress();
  if (progress.activity == Activity::reached) return ok();
  if (progress.failure) {
    return Error{Errc::invalid, "the rebuild failed at seq " +
                                    std::to_string(progress.failure->seq) + ": " +
                                    progress.failure->message};
  }
  return Error{Errc::closed, "the rebuild was stopped"};
}

}  // namespace refold::projection
