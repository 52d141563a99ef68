#include "core/engine/engine.h"

#include <utility>

#include "core/base/clock.h"
#include "core/engine/config/changes.h"
#include "core/engine/endpoints.h"
#include "core/engine/source_metrics.h"
#include "core/server/metrics.h"
#include "core/server/serve.h"

namespace refold::engine {
namespace {

constexpr std::chrono::seconds log_retry_time{30};
constexpr std::size_t network_threads = 2;
constexpr std::chrono::seconds answer_grace{2};

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
  REFOLD_CHECK(engine->open_server());
  // Commands that come then know every source that there is to be.
  engine->open_sources();
  REFOLD_CHECK(engine->listen());
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
        last, std::chrono::steady_clock::now() + config().limits.plugin_call_time_max);
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
  options.loop.yield = [recorder = recorder_.get()] { return recorder->crowded(); };
  REFOLD_TRY(projections_, projection::Projections::open(recorder_->log(), std::move(options)));
  parts_.add("the projections", [this] { projections_.reset(); });
  keeper_ = std::make_unique<ProjectionKeeper>(*projections_, *recorder_, logging_);
  keeper_->configure(config_.projections, config_.plugins.watch);
  parts_.add("the keeper of the projections", [this] { keeper_.reset(); });
  // What sources have submitted is recorded before views stop, and so is in them.
  parts_.add("recording", [this] { (void)recorder_->record({}); });
  return ok();
}

Result<void> Engine::open_server() {
  REFOLD_TRY(SourceBook book, read_source_book(config_.data));
  runtime_ = std::make_unique<net::Runtime>(network_threads);
  parts_.add("the network", [this] {
    source_keeper_.reset();
    sources_.reset();
    runtime_.reset();
  });
  const ingest::SourceSite site{*runtime_, *recorder_, config_.data / "set-aside",
                                [this](const std::string& source, const std::string& line) {
                                  logging_.write("source", Level::info, source + ": " + line);
                                }};
  sources_ = std::make_unique<ingest::Sources>(site);
  source_keeper_ =
      std::make_unique<SourceKeeper>(*sources_, logging_, config_.data, std::move(book));
  server::Services services{recorder_->log(), *projections_, recorder_.get()};
  services.not_ready = [this] {
    auto reasons = source_keeper_->trouble();
    if (!keeper_->settled()) {
      reasons.emplace_back("the projections of the configuration are being loaded");
    }
    return reasons;
  };
  services.notes = [this] { return source_keeper_->losses(); };
  services.metrics = [this] { return metrics(); };
  services.reload = [this] { return reload_from_file(); };
  services.stop = options_.stop;
  if (options_.commands) {
    services.run_command = [this](const auto& request, server::CommandConsole& console) {
      return run_command_(request, console);
    };
  }
  server_ = std::make_unique<server::Server>(std::move(services), server_options(config_),
                                             server_limits(config_.http));
  if (options_.commands) run_command_ = options_.commands(*this);
  parts_.add("the server", [this] {
    server_->stop();
    if (http_) http_->stop(answer_grace);
    if (control_) control_->stop(answer_grace);
    unlink_socket(config_);
    // What is still being answered may ask them how they are.
    server_.reset();
    http_.reset();
    control_.reset();
  });
  return ok();
}

std::string Engine::metrics() const {
  std::string text;
  append_metrics(text, sources_->list(), now_us());
  append_metrics(text, *recorder_);
  if (const auto* const http = answering_.load()) server::append_metrics(text, http->status());
  return text;
}

Result<std::string> Engine::reload_from_file() {
  if (!options_.read_again) {
    return Error{Errc::unsupported, "this engine has no configuration to read again"};
  }
  REFOLD_TRY(const Config now, options_.read_again());
  std::string lines;
  for (const std::string& line : reload(now)) lines += (lines.empty() ? "" : "\n") + line;
  return lines;
}

/// Over the control socket everything may be asked, over HTTP what the token allows.
Result<void> Engine::listen() {
  const net::Handler handler = server::handler_of(*server_);
  REFOLD_CHECK(link_socket(config_));
  REFOLD_TRY(control_, net::HttpServer::start(*runtime_, net::LocalEndpoint{config_.socket()},
                                              handler, control_limits()));
  if (config_.http.listen.empty()) return ok();
  REFOLD_TRY(http_, net::HttpServer::start(*runtime_, http_endpoint(config_.http.listen), handler,
                                           http_limits(config_.http)));
  answering_ = http_.get();
  const std::string& listen = config_.http.listen;
  logging_.write("http", Level::info,
                 "answers at http://" + listen.substr(0, listen.rfind(':') + 1) +
                     std::to_string(http_->port()));
  return ok();
}

void Engine::open_sources() {
  // Only stopped: the server still asks them how they are.
  parts_.add("the sources", [this] { sources_->stop(); });
  (void)source_keeper_->configure(config_);
}

Config Engine::config() const {
  const std::lock_guard lock(config_mutex_);
  return config_;
}

std::vector<std::string> Engine::reload(const Config& now) {
  const std::lock_guard reloading(reloading_);
  const auto different = changes(config(), now);
  std::vector<std::string> said;
  for (const ConfigChange& one : different) {
    said.push_back(one.key + ": " + one.sentence + std::string(outcome_of(one)));
    logging_.write("engine", one.applies == Applies::at_once ? Level::info : Level::warn,
                   "configuration: " + said.back());
  }
  const Config next = with_changes(config(), now);
  {
    const std::lock_guard lock(config_mutex_);
    config_ = next;
  }
  logging_.apply(next.logging);
  keeper_->configure(next.projections, next.plugins.watch);
  for (std::string& line : source_keeper_->configure(next)) said.push_back(std::move(line));
  server_->configure(server_options(next));
  if (said.empty()) {
    said.emplace_back("nothing has changed");
    logging_.write("engine", Level::info, "configuration: nothing has changed");
  }
  return said;
}

std::optional<std::string> Engine::stop(const std::function<bool()>& give_up) {
  return parts_.stop(
      [this](const std::string& part) {
        logging_.write("engine", Level::debug, "stopping " + part);
      },
      give_up);
}

}  // namespace refold::engine
