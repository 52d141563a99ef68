#include "core/engine/engine.h"

#include <utility>

#include "core/engine/config/changes.h"

namespace refold::engine {
namespace {

constexpr std::chrono::seconds log_retry_time{30};

std::string_view outcome_of(const ConfigChange& change) {
  switch (change.applies) {
    case Applies::at_once: return "";
    case Applies::restart: return " (at the next start: this engine goes on as it was)";
    case Applies::command: break;
  }
  return " (nothing is done)";
}

}  // namespace

/// The one place where everything is constructed: each part stands on those above it.
Result<std::unique_ptr<Engine>> Engine::start(const Config& config, Logging& logging,
                                              EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine(config, logging, std::move(options)));
  REFOLD_CHECK(engine->open_log());
  REFOLD_CHECK(engine->open_projections());
  return engine;
}

Engine::~Engine() {
  (void)stop([] { return false; });
}

Result<void> Engine::open_log() {
  index::RecorderOptions options;
  options.log.map_bytes = config_.limits.map_bytes;
  options.index.map_bytes = config_.limits.map_bytes;
  options.queue_batches_max = config_.limits.queue_batches_max;
  options.retry_for = log_retry_time;
  // Asked when there is something to erase: the projections are open by then.
  options.before_erasing = [this](log::Seq last) {
    if (!projections_) return;
    const auto behind = projections_->settle(
        last, std::chrono::steady_clock::now() + config_.limits.plugin_call_time_max);
    for (const std::string& name : behind) {
      logging_.write("projection", Level::warn,
                     name +
                         " has not taken back what is about to be erased; it may have to be "
                         "built anew");
    }
  };
  REFOLD_TRY(recorder_, index::Recorder::open(config_.data, options));
  parts_.add("the log", [this] { recorder_.reset(); });
  REFOLD_TRY(const log::Seq last, recorder_->log().last());
  logging_.write("log", Level::info,
                 "the log in " + config_.data.string() + " ends at seq " + std::to_string(last));
  return ok();
}

Result<void> Engine::open_projections() {
  isolation::ProcessOptions processes;
  processes.runner = options_.runner;
  processes.memory_bytes_max = config_.limits.plugin_memory_max;
  processes.call_time_max = config_.limits.plugin_call_time_max;
  processes.query_time_max = config_.limits.query_time_max;
  isolation_ = std::make_unique<isolation::ProcessIsolation>(std::move(processes));
  projection::ProjectionsOptions options;
  options.probe.runner = options_.runner;
  options.isolation = isolation_.get();
  options.view.map_bytes = config_.limits.map_bytes;
  options.log = logging_.plugin_sink();
  REFOLD_TRY(projections_, projection::Projections::open(recorder_->log(), std::move(options)));
  parts_.add("the projections", [this] { projections_.reset(); });
  keeper_ = std::make_unique<ProjectionKeeper>(*projections_, logging_);
  keeper_->configure(config_.projections);
  parts_.add("the keeper of the projections", [this] { keeper_.reset(); });
  // What sources have submitted is recorded before views stop, and so is in them.
  parts_.add("recording", [this] { (void)recorder_->record({}); });
  return ok();
}

void Engine::reload(const Config& now) {
  const auto different = changes(config_, now);
  for (const ConfigChange& one : different) {
    logging_.write(
        "engine", one.applies == Applies::at_once ? Level::info : Level::warn,
        "configuration: " + one.key + ": " + one.sentence + std::string(outcome_of(one)));
  }
  config_ = with_changes(config_, now);
  logging_.apply(config_.logging);
  keeper_->configure(config_.projections);
  if (different.empty())
    logging_.write("engine", Level::info, "configuration: nothing has changed");
}

std::optional<std::string> Engine::stop(const std::function<bool()>& give_up) {
  return parts_.stop(
      [this](const std::string& part) {
        logging_.write("engine", Level::debug, "stopping " + part);
      },
      give_up);
}

}  // namespace refold::engine
