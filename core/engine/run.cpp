#include "core/engine/run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "core/engine/engine.h"
#include "core/engine/service_manager.h"
#include "core/engine/signals.h"

namespace refold::engine {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Wish = ProcessSignals::Wish;

/// After a second signal a part may still finish what takes no time.
constexpr milliseconds hurry_time{500};
constexpr milliseconds rest{60'000};

void reload_engine(const RunSetup& setup, Engine& engine, Logging& logging,
                   const ServiceManager& manager) {
  manager.reloading();
  const auto now = configuration(setup);
  if (now.has_value()) {
    (void)engine.reload(*now);
  } else {
    std::istringstream problems(now.error().message);
    for (std::string line; std::getline(problems, line);) {
      logging.write("engine", Level::error, "configuration: " + line);
    }
    logging.write("engine", Level::error, "configuration: it stays as it was");
  }
  manager.ready("running");
}

/// Until somebody wants it to stop.
void serve(const RunSetup& setup, Engine& engine, Logging& logging, const ServiceManager& manager,
           ProcessSignals& signals) {
  const auto interval = manager.interval();
  const auto patience = interval ? std::chrono::duration_cast<milliseconds>(*interval) : rest;
  for (;;) {
    manager.alive();
    const Wish wish = signals.next(patience);
    if (wish == Wish::stop) return;
    if (wish == Wish::reload) reload_engine(setup, engine, logging, manager);
  }
}

void stop_engine(Engine& engine, Logging& logging, ProcessSignals& signals) {
  auto deadline = SteadyClock::now() + engine.config().limits.stop_time_max;
  const auto left = engine.stop([&] {
    if (signals.next(milliseconds(0)) == Wish::stop) {
      deadline = std::min(deadline, SteadyClock::now() + hurry_time);
    }
    return SteadyClock::now() >= deadline;
  });
  if (!left) return;
  logging.write("engine", Level::error,
                *left +
                    " did not stop in time; the process ends all the same: what was "
                    "acknowledged is on the disk");
  ::_exit(EXIT_FAILURE);
}

}  // namespace

Result<Config> configuration(const RunSetup& setup) {
  return config_of(setup.file ? read_config(*setup.file, setup.environment)
                              : default_config(setup.environment));
}

Result<void> run(const RunSetup& setup) {
  REFOLD_TRY(const Config config, configuration(setup));
  Logging logging(config.logging);
  const ServiceManager manager = ServiceManager::of_environment();
  // Opening a long log may take its time: until then a signal to stop just ends the process.
  ProcessSignals signals;
  EngineOptions options;
  options.commands = setup.commands;
  options.read_again = [&setup] { return configuration(setup); };
  // The one way to stop it.
  options.stop = [] { (void)::kill(::getpid(), SIGTERM); };
  REFOLD_TRY(const auto engine, Engine::start(config, logging, std::move(options)));
  signals.take_stops();
  logging.write("engine", Level::info, "running, pid " + std::to_string(::getpid()));
  manager.ready("running");
  serve(setup, *engine, logging, manager, signals);
  manager.stopping();
  logging.write("engine", Level::info, "stopping");
  stop_engine(*engine, logging, signals);
  logging.write("engine", Level::info, "stopped");
  return ok();
}

}  // namespace refold::engine
