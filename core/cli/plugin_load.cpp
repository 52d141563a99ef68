#include <memory>
#include <optional>

#include "core/atproto/quote.h"
#include "core/base/sha256_text.h"
#include "core/cli/commands.h"
#include "core/cli/console.h"
#include "core/cli/declare.h"
#include "core/cli/projection_report.h"
#include "core/cli/projection_text.h"

namespace refold::cli {

using projection::Done;
using projection::LoadRequest;
using projection::RunsIn;

namespace {

/// What is asked of a library, and for it.
struct TermOptions {
  std::string sha256;
  std::string isolation;
};

struct LoadOptions {
  std::string library;
  TermOptions terms;
  std::string name;
  std::string projection;
  std::vector<std::string> options;
  bool keep_warm = false;
};

struct UpgradeOptions {
  std::string name;
  std::string library;
  TermOptions terms;
  std::vector<std::string> options;
  bool hold = false;
};

struct UnloadOptions {
  std::string name;
};

std::optional<RunsIn> runs_in_of(const std::string& text) {
  for (const RunsIn one : {RunsIn::thread, RunsIn::process}) {
    if (text == name(one)) return one;
  }
  return std::nullopt;
}

projection::LibraryTerms terms_of(const TermOptions& options) {
  return {sha256_of_text(options.sha256), runs_in_of(options.isolation)};
}

void declare_terms(CLI::App* command, TermOptions& terms) {
  command
      ->add_option("--sha256", terms.sha256, "that the file must have: see 'refold plugin check'")
      ->type_name("HEX")
      ->check(checked_by([](const std::string& text) {
        return sha256_of_text(text)
                   ? std::string{}
                   : atproto::quoted(text) + " is not a SHA-256: 64 digits, 0-9 and a-f";
      }));
  command
      ->add_option("--isolation", terms.isolation,
                   "where it runs: in a 'thread' of refold, or a 'process' of its own, which is "
                   "what a plugin does that did not come with refold")
      ->type_name("WHERE")
      ->check(checked_by([](const std::string& text) {
        return runs_in_of(text) ? std::string{}
                                : atproto::quoted(text) + " is neither thread nor process";
      }));
}

Result<Exit> run_load(Context& context, const LoadOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  LoadRequest request;
  request.name = options.name;
  request.library = console().resolve(options.library);
  request.projection = options.projection;
  request.options = pairs_of(options.options);
  request.keep_warm = options.keep_warm;
  request.terms = terms_of(options.terms);
  REFOLD_TRY(const Done done, session->projections().load(request));
  REFOLD_TRY(const auto supervisor, session->find(done.projection));
  return stay(context, *session, *supervisor, done);
}

Result<Exit> run_upgrade(Context& context, const UpgradeOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  std::filesystem::path library = options.library;
  if (!library.empty()) library = console().resolve(library);
  std::optional<projection::OptionPairs> pairs;
  if (!options.options.empty()) pairs = pairs_of(options.options);
  REFOLD_TRY(const Done done,
             session->projections().upgrade(options.name, library, pairs, options.hold,
                                            terms_of(options.terms)));
  REFOLD_TRY(const auto supervisor, session->find(options.name));
  REFOLD_TRY(const Exit exit, stay(context, *session, *supervisor, done));
  if (exit == Exit::ok) tell_of_configuration(context, options.name);
  return exit;
}

Result<Exit> run_unload(Context& context, const UnloadOptions& options) {
  REFOLD_TRY(const auto session, ProjectionSession::open(context));
  REFOLD_TRY(const Done done, session->projections().unload(options.name));
  REFOLD_TRY(const Exit exit, report(context, done));
  tell_of_configuration(context, options.name);
  return exit;
}

Result<projection::Catalog::Contents> contents_of(const Context& context) {
  if (context.engine != nullptr) return context.engine->projections.contents();
  REFOLD_CHECK(log::WitnessLog::open_reader(context.data));
  return projection::Catalog::read(context.data);
}

Result<Exit> run_plugin_list(Context& context) {
  REFOLD_TRY(const auto contents, contents_of(context));
  if (context.json) {
    context.out.line(plugins_json(contents));
  } else {
    context.out.put(plugins_text(contents, context.out.terminal()));
  }
  return Exit::ok;
}

void declare_options(CLI::App* command, std::vector<std::string>& options,
                     const std::string& description) {
  command->add_option("--option", options, description)
      ->type_name("NAME=VALUE")
      ->check(name_and_value())
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_plugin_load(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "load", "load a plugin's projection, and have it built from the log",
              "refold plugin load ./likes.so\n\n"
              "Looks at the plugin in a process of its own, copies it into the data directory, and "
              "stays\nuntil the projection has caught up. After Ctrl-C, the same command goes on.");
  auto options = std::make_shared<LoadOptions>();
  command->add_option("LIBRARY", options->library, "the plugin's file")->required()->type_name("");
  command->add_option("--projection", options->projection, "which of those that it offers")
      ->type_name("NAME");
  command->add_option("--name", options->name, "what it is called here; else as in the plugin")
      ->type_name("NAME");
  declare_options(command, options->options, "of the projection: see 'refold plugin check'");
  command->add_flag("--keep-warm", options->keep_warm,
                    "let what it replaces go on folding, so that a roll back takes no time");
  declare_terms(command, options->terms);
  declare_json(command, commands.context);
  choose(command, commands, options, run_load);
}

void add_plugin_upgrade(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "upgrade", "give a projection other code, or other options",
              "refold plugin upgrade likes ./likes.so\n\n"
              "With the same fold number, the new code goes on with the rows that are there; with "
              "another\none, or other options, the projection is built anew beside itself.");
  auto options = std::make_shared<UpgradeOptions>();
  declare_projection(command, options->name);
  command->add_option("LIBRARY", options->library, "the plugin's file; none: the code that it has")
      ->type_name("");
  declare_options(command, options->options, "all of them anew; if none is given, they stay");
  command->add_flag("--hold", options->hold, "if it is built anew, stop before it takes its place");
  declare_terms(command, options->terms);
  declare_json(command, commands.context);
  choose(command, commands, options, run_upgrade);
}

void add_plugin_unload(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "unload", "remove a projection and all its rows",
              "refold plugin unload likes\n\nThe log keeps everything: loading it again builds "
              "the same rows.");
  auto options = std::make_shared<UnloadOptions>();
  declare_projection(command, options->name);
  declare_json(command, commands.context);
  choose(command, commands, options, run_unload);
}

void add_plugin_list(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "list", "the plugins that are loaded, and those that were refused",
              "refold plugin list");
  declare_json(command, commands.context);
  choose(command, commands, run_plugin_list);
}

}  // namespace refold::cli
