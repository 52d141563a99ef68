#include "core/cli/commands.h"

namespace refold::cli {

void add_log(const Commands& commands) {
  CLI::App* const log =
      commands.parent.add_subcommand("log", "look into the log, and tend it")->group("Commands");
  log->footer(
      "Examples:\n"
      "  refold log stat                   how many events, of when, where they lie\n"
      "  refold log read --from -2h --collection app.bsky.feed.post --json\n"
      "\n"
      "stat, tail, show, read, verify, root and cursors work while another process writes.");
  log->require_subcommand(0, 1);
  const Commands below{*log, commands.context, commands.chosen};
  add_stat(below);
  add_tail(below);
  add_show(below);
  add_read(below);
  add_verify(below);
  add_root(below);
  add_cursors(below);
  add_seal(below);
  add_reindex(below);
  add_redact(below);
}

}  // namespace refold::cli
