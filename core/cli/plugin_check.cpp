#include <memory>

#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/fields.h"
#include "core/cli/plugin_json.h"
#include "core/cli/text.h"
#include "core/plugin/probe.h"
#include "core/plugin/stage.h"

namespace refold::cli {

using plugin::OptionInfo;
using plugin::ProjectionInfo;

namespace {

struct CheckOptions {
  std::string library;
};

const std::vector<std::string> pinned_lines = {
    "once loaded it stays in memory until the process ends, and each upgrade adds to that:",
    "have the linker export refold_plugin and nothing else (-Wl,--version-script), as",
    "refold_add_projection() does, and leave no thread behind"};

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + escaped(item);
  return text;
}

/// "limit, a whole number from 1 to 100; 10 if not given".
std::string option_text(const OptionInfo& option) {
  std::string text = escaped(option.name) + ", " + option_type_text(option);
  text +=
      option.fallback ? "; \"" + escaped(*option.fallback) + "\" if not given" : "; must be given";
  return option.summary.empty() ? text : text + ": " + escaped(option.summary);
}

void add_lines(Fields& fields, const std::string& name, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    fields.add(&line == &lines.front() ? name : std::string{}, line);
  }
}

void add_warning(Fields& fields, const std::string& name, std::vector<std::string> lines,
                 const Terminal& terminal) {
  for (std::string& line : lines) line = terminal.paint(Colour::yellow, line);
  add_lines(fields, name, lines);
}

std::string query_text(const plugin::QueryInfo& query) {
  std::string text = escaped(query.name) + "(";
  for (const OptionInfo& parameter : query.parameters) {
    if (&parameter != &query.parameters.front()) text += ", ";
    text += escaped(parameter.name);
    if (parameter.fallback) text += "=" + escaped(*parameter.fallback);
  }
  text += ")";
  return query.summary.empty() ? text : text + ": " + escaped(query.summary);
}

void add_projection(Fields& fields, const ProjectionInfo& projection) {
  std::string summary = projection.summary.empty() ? "" : ": " + escaped(projection.summary);
  fields.add("projection", escaped(projection.name) + summary);
  fields.add("  fold", std::to_string(projection.fold));
  fields.add("  wants", joined(wants_names(projection.wants)));
  fields.add("  collections",
             projection.collections.empty() ? "all" : joined(projection.collections));
  fields.add("  tables", projection.tables.empty() ? "none" : joined(projection.tables));
  std::vector<std::string> lines;
  for (const OptionInfo& option : projection.options) lines.push_back(option_text(option));
  add_lines(fields, "  options", lines);
  lines.clear();
  for (const auto& query : projection.queries) lines.push_back(query_text(query));
  add_lines(fields, "  queries", lines);
}

std::string check_text(const Checked& checked, const Terminal& terminal) {
  const plugin::Probed& probed = checked.probed;
  Fields fields;
  fields.add("plugin", escaped(probed.info.name) + " " + escaped(probed.info.version));
  fields.add("build", escaped(probed.info.build_id));
  fields.add("abi", abi_text(probed.info));
  fields.add("sha256", checked.hash ? hex(*checked.hash) : "");
  for (const ProjectionInfo& projection : probed.info.projections) {
    add_projection(fields, projection);
  }
  add_lines(fields, "untried", probed.untried);
  if (probed.pinned) add_warning(fields, "pinned", pinned_lines, terminal);
  if (!checked.place.empty()) {
    add_warning(fields, "place", {"it would not be loaded from there: " + checked.place}, terminal);
  }
  return fields.text(terminal);
}

Result<Exit> run_check(Context& context, const CheckOptions& options) {
  Checked checked;
  REFOLD_TRY(checked.probed, plugin::probe(options.library));
  const auto hash = plugin::hash_of(options.library);
  if (hash.has_value()) {
    checked.hash = *hash;
  } else {
    checked.place = hash.error().message;
  }
  if (context.json) {
    context.out.line(plugin_json(checked));
  } else {
    context.out.put(check_text(checked, context.out.terminal()));
  }
  return Exit::ok;
}

}  // namespace

void add_plugin_check(const Commands& commands) {
  CLI::App* const command = declare_without_data(
      commands, "check", "load a plugin in a process of its own, and say what it offers",
      "refold plugin check ./likes.so");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("LIBRARY", options->library, "the plugin's file")->required()->type_name("");
  declare_json(command, commands.context);
  choose(command, commands, options, run_check);
}

}  // namespace refold::cli
