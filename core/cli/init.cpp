#include "core/engine/init.h"

#include <memory>
#include <string>

#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/text.h"

namespace refold::cli {

namespace {

struct InitOptions {
  std::string folder = ".";
};

Result<Exit> run_init(Context& context, const InitOptions& options) {
  REFOLD_TRY(const engine::Initialized made, engine::initialize(options.folder));
  const bool here = options.folder == ".";
  context.out.line("wrote " + escaped(made.config.lexically_normal().string()) +
                   ", with every key and its default");
  context.out.line("made  " + escaped(made.data.lexically_normal().string()) +
                   ", for the log and all that is derived from it");
  context.out.line("next: refold run" +
                   (here ? std::string() : " --config " + escaped(made.config.string())));
  return Exit::ok;
}

}  // namespace

void add_init(const Commands& commands) {
  CLI::App* const command =
      declare_without_data(commands, "init", "write a refold.toml, and make the data directory",
                           "refold init my-app\n\nWrites over nothing.");
  auto options = std::make_shared<InitOptions>();
  command->add_option("DIR", options->folder, "where; if none is named, here")->type_name("");
  choose(command, commands, options, run_init);
}

}  // namespace refold::cli
