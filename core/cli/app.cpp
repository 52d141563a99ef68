#include "core/cli/app.h"

#include <memory>
#include <sstream>

#include "core/atproto/quote.h"
#include "core/base/memory.h"
#include "core/cli/commands.h"
#include "core/cli/complaint.h"
#include "core/cli/console.h"
#include "core/cli/engine_client.h"
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
    "  refold init app                   write a configuration, make a data directory\n"
    "  refold run --config app/refold.toml\n"
    "  refold import events.jsonl.gz     append a file of events to the log\n"
    "  refold events --follow            watch what is appended\n"
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

/// The commands, and which of them the arguments name.
class Program {
 public:
  explicit Program(Console& console) : out_(console), context_{.out = out_} {
    app_.formatter(std::make_shared<HelpLayout>());
    app_.footer(footer);
    app_.set_help_flag("-h,--help", "print this help");
    app_.set_version_flag("--version", version_text(), "print the versions");
    app_.require_subcommand(0, 1);
    const Commands commands{app_, context_, chosen_};
    add_init(commands);
    add_run(commands);
    add_reload(commands);
    add_stop(commands);
    add_doctor(commands);
    add_source(commands);
    add_capture(commands);
    add_import(commands);
    add_backfill(commands);
    add_events(commands);
    add_log(commands);
    add_plugin(commands);
    add_projection(commands);
    add_query(commands);
    add_jobs(commands);
  }

  /// False if the arguments make no sense, which the user was told.
  bool parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& wanted) {  // --help and --version
      std::ostringstream text;
      app_.exit(wanted, text, text);
      out_.put(text.str());
      choose_nothing();
    } catch (const CLI::ParseError& error) {
      (void)report_usage(app_, error);
      return false;
    }
    if (!chosen_) {
      const CLI::App* const command = named_command(&app_);
      out_.put(command->help(command == &app_ ? "" : "refold"));
      choose_nothing();
    }
    return true;
  }

  [[nodiscard]] Context& context() noexcept { return context_; }
  [[nodiscard]] int run() { return perform(context_, chosen_); }

 private:
  void choose_nothing() {
    chosen_ = nothing_more;
    context_.in_engine = false;
  }

  Output out_;
  Context context_;
  Action chosen_;
  CLI::App app_{description, "refold"};
};

}  // namespace

int run(int argc, const char* const* argv) {
  give_back_large_buffers();
  if (!occupy_standard_streams()) return static_cast<int>(Exit::failed);
  ignore_closed_pipes();
  ProcessConsole console;
  const ConsoleScope scope(console);
  Program program(console);
  if (!program.parse(argc, argv)) return static_cast<int>(Exit::usage);
  if (program.context().in_engine) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (const auto status = run_at_engine(program.context().data, arguments)) return *status;
  }
  return program.run();
}

int run_in_engine(const EngineHandles& handles, const server::CommandRequest& request) {
  Program program(console());
  std::vector<const char*> arguments{"refold"};
  for (const std::string& one : request.arguments) arguments.push_back(one.c_str());
  if (!program.parse(static_cast<int>(arguments.size()), arguments.data())) {
    return static_cast<int>(Exit::usage);
  }
  program.context().data = request.data;
  program.context().engine = &handles;
  return program.run();
}

}  // namespace refold::cli
