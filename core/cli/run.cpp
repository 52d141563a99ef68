#include "core/engine/run.h"

#include <memory>

#include "core/cli/commands.h"
#include "core/cli/config_option.h"
#include "core/cli/declare.h"
#include "core/cli/engine_command.h"

namespace refold::cli {

namespace {

std::filesystem::path plugin_of(const engine::Config& config, const std::string& projection) {
  for (const engine::ProjectionConfig& one : config.projections) {
    if (one.name == projection) return one.plugin;
  }
  return {};
}

/// The commands of this program, in the engine.
server::RunCommand commands_in(engine::Engine& engine) {
  const auto handles = std::make_shared<EngineHandles>(EngineHandles{
      engine.recorder().log(), engine.recorder(), engine.projections(), engine.jobs(),
      &engine.source_keeper(), [&engine] { return engine.reload_from_file(); },
      [&engine](const std::string& name) { return plugin_of(engine.config(), name); }});
  return [handles, run = commands_over(*handles)](const server::CommandRequest& request,
                                                  server::CommandConsole& console) {
    return run(request, console);
  };
}

Result<Exit> run_engine(Context& /*context*/, const ConfigOption& options) {
  REFOLD_TRY(engine::RunSetup setup, setup_of(options));
  setup.commands = commands_in;
  REFOLD_CHECK(engine::run(setup));
  return Exit::ok;
}

}  // namespace

void add_run(const Commands& commands) {
  CLI::App* const command = declare_without_data(
      commands, "run", "run the engine until Ctrl-C or SIGTERM",
      "refold run --config /etc/refold/refold.toml\n\n"
      "SIGHUP has it read the configuration again. The first signal to stop is followed in good "
      "order,\nthe second one in a hurry.");
  auto options = std::make_shared<ConfigOption>();
  declare_config(command, *options);
  choose(command, commands, options, run_engine);
}

}  // namespace refold::cli
