#include <algorithm>
#include <memory>
#include <string>

#include "core/atproto/quote.h"
#include "core/base/json_writer.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/fields.h"
#include "core/cli/text.h"
#include "core/log/witness_log.h"

namespace refold::cli {

using log::CursorEntry;
using log::WitnessLog;

namespace {

struct CursorOptions {
  std::string remove;
};

std::string cursors_json(const std::vector<CursorEntry>& cursors) {
  std::string out;
  JsonWriter json(out);
  json.open('[');
  for (const auto& cursor : cursors) {
    json.open('{').field("name", cursor.name).field("value", cursor.value);
    json.field("updated", time_text(cursor.updated_us)).close('}');
  }
  json.close(']');
  return out;
}

std::string cursors_text(const std::vector<CursorEntry>& cursors, const Terminal& terminal) {
  if (cursors.empty()) return "no cursors\n";
  std::size_t name_columns = 0;
  std::size_t value_columns = 0;
  for (const auto& cursor : cursors) {
    name_columns = std::max(name_columns, escaped(cursor.name).size());
    value_columns = std::max(value_columns, escaped(cursor.value).size());
  }
  std::string text;
  for (const auto& cursor : cursors) {
    text += padded(escaped(cursor.name), name_columns) + "  ";
    text += padded(escaped(cursor.value), value_columns) + "  ";
    text += terminal.paint(Colour::dim, "updated " + short_time_text(cursor.updated_us)) + "\n";
  }
  return text;
}

Result<Exit> remove_cursor(Context& context, const std::string& name) {
  REFOLD_TRY(const auto recorder, open_existing(context));
  log::WitnessLog* const log = &recorder->log();
  REFOLD_TRY(const auto value, log->cursor(name));
  if (!value) return Error{Errc::not_found, "there is no cursor " + atproto::quoted(name)};
  REFOLD_CHECK(log->remove_cursor(name));
  if (context.json) {
    std::string out;
    JsonWriter(out).open('{').field("removed", name).field("value", *value).close('}');
    context.out.line(out);
  } else {
    context.out.line("removed " + escaped(name) + ", which was at " + escaped(*value));
  }
  return Exit::ok;
}

Result<Exit> run_cursors(Context& context, const CursorOptions& options) {
  if (!options.remove.empty()) return remove_cursor(context, options.remove);
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const auto cursors, log->cursors());
  if (context.json) {
    context.out.line(cursors_json(cursors));
  } else {
    context.out.put(cursors_text(cursors, context.out.terminal()));
  }
  return Exit::ok;
}

}  // namespace

void add_cursors(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "cursors", "list the positions that are kept, or remove one",
              "refold log cursors --remove jetstream");
  auto options = std::make_shared<CursorOptions>();
  command->add_option("--remove", options->remove, "forget this one: its source starts anew")
      ->type_name("NAME");
  declare_json(command, commands.context);
  choose(command, commands, options, run_cursors);
}

}  // namespace refold::cli
