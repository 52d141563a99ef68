#include "core/cli/commands.h"

namespace refold::cli {

void add_source(const Commands& commands) {
  CLI::App* const source =
      commands.parent.add_subcommand("source", "where events come from")->group("Commands");
  source->footer(
      "Examples:\n"
      "  refold source list\n"
      "  refold source add bluesky wss://jetstream2.us-east.bsky.network/subscribe\n"
      "\n"
      "Sources of refold.toml are changed there; the others by these commands.");
  source->require_subcommand(0, 1);
  const Commands below{*source, commands.context, commands.chosen};
  add_source_list(below);
  add_source_add(below);
  add_source_pause(below);
  add_source_resume(below);
  add_source_remove(below);
  add_source_set(below);
}

}  // namespace refold::cli
