#include "core/cli/commands.h"

namespace refold::cli {

void add_plugin(const Commands& commands) {
  CLI::App* const plugin =
      commands.parent.add_subcommand("plugin", "look at plugins")->group("Commands");
  plugin->footer(
      "Example:\n  refold plugin check ./likes.so    what it offers, or why it is refused");
  plugin->require_subcommand(0, 1);
  const Commands below{*plugin, commands.context, commands.chosen};
  add_plugin_new(below);
  add_plugin_check(below);
}

}  // namespace refold::cli
