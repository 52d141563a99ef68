#include <memory>

#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/event_text.h"
#include "core/log/page.h"
#include "core/log/witness_log.h"
#include "core/server/event_json.h"

namespace refold::cli {

using server::append_event_json;

namespace {

struct ShowOptions {
  log::Seq seq = 0;
};

Result<Exit> run_show(Context& context, const ShowOptions& options) {
  REFOLD_TRY(const auto log, open_log(context));
  log::Page page;
  REFOLD_CHECK(log->get(options.seq, page));
  const log::Event& event = page.events.front();
  std::string text;
  if (context.json) {
    REFOLD_CHECK(append_event_json(text, event));
    text += '\n';
  } else {
    REFOLD_CHECK(append_event_text(text, event, context.out.terminal()));
  }
  context.out.put(text);
  return Exit::ok;
}

}  // namespace

void add_show(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "show", "print one event with everything in it", "refold log show 12281");
  auto options = std::make_shared<ShowOptions>();
  command->add_option("SEQ", options->seq, "its number")
      ->required()
      ->type_name("")
      ->check(whole_number());
  declare_json(command, commands.context);
  choose(command, commands, options, run_show);
}

}  // namespace refold::cli
