#include "core/cli/commands.h"

namespace refold::cli {

void add_plugin(const Commands& commands) {
  CLI::App* const plugin =
      commands.parent.add_subcommand("plugin", "write, load, upgrade and unload plugins")
          ->group("Commands");
  plugin->footer(
      "Examples:\n"
      "  refold plugin check ./likes.so    what it offers, or why it is refused\n"
      "  refold plugin load ./likes.so     have its projection built from the log");
  plugin->require_subcommand(0, 1);
  const Commands below{*plugin, commands.context, commands.chosen};
  add_plugin_new(below);
  add_plugin_check(below);
  add_plugin_load(below);
  add_plugin_upgrade(below);
  add_plugin_unload(below);
  add_plugin_list(below);
}

}  // namespace refold::cli
