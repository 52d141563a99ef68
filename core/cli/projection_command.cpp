#include "core/cli/commands.h"

namespace refold::cli {

void add_projection(const Commands& commands) {
  CLI::App* const projection =
      commands.parent.add_subcommand("projection", "look after projections")->group("Commands");
  projection->footer(
      "Examples:\n"
      "  refold projection list            what there is, how far, how large\n"
      "  refold projection replay likes    build it anew beside itself\n"
      "\n"
      "list and show work while another process has the projections open. Nothing folds by "
      "itself:\na command that has work to do for a projection stays until it has caught up.");
  projection->require_subcommand(0, 1);
  const Commands below{*projection, commands.context, commands.chosen};
  add_projection_list(below);
  add_projection_show(below);
  add_projection_wait(below);
  add_projection_pause(below);
  add_projection_resume(below);
  add_projection_replay(below);
  add_projection_cancel(below);
  add_projection_reset(below);
  add_projection_diff(below);
  add_projection_promote(below);
  add_projection_rollback(below);
  add_projection_prune(below);
  add_projection_verify(below);
  add_projection_retry(below);
  add_projection_skip(below);
  add_projection_rows(below);
}

}  // namespace refold::cli
