#include "core/cli/app.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <sstream>

#include "core/atproto/quote.h"
#include "core/base/memory.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/signals.h"
#include "core/cli/text.h"
#include "core/cli/version.h"

namespace refold::cli {

namespace {

constexpr const char* description =
    "Refold keeps a local, append-only witness log of what happens on the AT Protocol network,\n"
    "and folds it into tables that can be replayed, upgraded and thrown away at any time.";

constexpr const char* footer =
    "Examples:\n"
    "  refold import events.jsonl.gz     append a file of events to the log\n"
    "  refold log tail --follow          watch what is appended\n"
    "  refold plugin load ./likes.so     fold the log into the tables of a plugin\n"
    "  refold query likes top limit=3    ask it\n"
    "\n"
    "'refold COMMAND --help' tells more. Exit status: 0 done, 1 failed, 2 wrong arguments,\n"
    "3 done, but some input was refused, 130 interrupted.";

class HelpLayout final : public CLI::Formatter {
 public:
  HelpLayout() {
    column_width(28);
    label("Positionals", "Arguments");
    label("SUBCOMMAND", "COMMAND");
    label("REQUIRED", "");
  }
};

/// The innermost command that the user named: its help is the one to point to.
const CLI::App* named_command(const CLI::App* app) {
  const auto below = app->get_subcommands();
  return below.empty() ? app : named_command(below.front());
}

std::string full_name(const CLI::App* app) {
  const CLI::App* const parent = app->get_parent();
  return parent == nullptr ? "refold" : full_name(parent) + " " + app->get_name();
}

/// What is wrong with the arguments.
std::string usage_text(const CLI::App* command, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return escaped(error.what());
  const auto behind = command->remaining();
  if (behind.empty()) return "options go after " + atproto::quoted(full_name(command));
  const bool is_command =
      !command->get_subcommands(nullptr).empty() && !behind.front().starts_with('-');
  return (is_command ? "there is no command " : "what is meant by ") +
         atproto::quoted(behind.front()) + (is_command ? "" : "?");
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* const command = named_command(&app);
  complain(usage_text(command, error) + "\nSee '" + full_name(command) + " --help'.");
  return static_cast<int>(Exit::usage);
}

Result<Exit> nothing_more(Context& /*context*/) { return Exit::ok; }

int perform(Context& context, const Action& action) {
  auto exit = action(context);
  const auto flushed = context.out.flush();
  if (exit.has_value() && flushed.has_error()) exit = flushed.error();
  if (exit.has_value()) return static_cast<int>(*exit);
  complain(exit.error().message);
  return static_cast<int>(Exit::failed);
}

}  // namespace

int run(int argc, const char* const* argv) {
  give_back_large_buffers();
  if (!occupy_standard_streams()) return static_cast<int>(Exit::failed);
  ignore_closed_pipes();
  Output out(STDOUT_FILENO);
  Context context{.out = out};
  Action chosen;

  CLI::App app(description, "refold");
  app.formatter(std::make_shared<HelpLayout>());
  app.footer(footer);
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", version_text(), "print the versions");
  app.require_subcommand(0, 1);
  const Commands commands{app, context, chosen};
  add_init(commands);
  add_run(commands);
  add_doctor(commands);
  add_import(commands);
  add_log(commands);
  add_plugin(commands);
  add_projection(commands);
  add_query(commands);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help and --version
    std::ostringstream text;
    app.exit(wanted, text, text);
    out.put(text.str());
    chosen = nothing_more;
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  if (!chosen) {
    const CLI::App* const command = named_command(&app);
    out.put(command->help(command == &app ? "" : "refold"));
    chosen = nothing_more;
  }
  return perform(context, chosen);
}

}  // namespace refold::cli
