#include "core/cli/source_text.h"

#include "core/base/json_writer.h"
#include "core/cli/table.h"
#include "core/cli/text.h"
#include "core/engine/source_metrics.h"

namespace refold::cli {

using ingest::SourceState;
using ingest::SourceStatus;

namespace {

std::string_view entry_state(const SourceEntry& one) {
  // Without an engine, what rests by command is all that is known of a state.
  const bool known = one.runs || one.status.state == SourceState::paused;
  return known ? name(one.status.state) : std::string_view("no engine");
}

Colour state_colour(const SourceEntry& one) {
  if (!one.runs || one.status.state == SourceState::ended) return Colour::dim;
  return one.status.state == SourceState::connected ? Colour::green : Colour::yellow;
}

std::uint64_t dropped(const SourceStatus& status) {
  std::uint64_t total = status.outcome.refused_total();
  for (std::size_t at = 0; at < ingest::drop_count; ++at) {
    if (is_refusal(static_cast<ingest::Drop>(at))) total += status.drops[at];
  }
  return total;
}

std::string behind_text(const SourceEntry& one, std::int64_t now_us) {
  const std::int64_t lag = engine::lag_us(one.status, now_us);
  return lag == 0 ? "-" : duration_text(static_cast<double>(lag) / 1e6);
}

/// Cursors of a Jetstream are times; grouped, none of them could be copied.
std::string cursor_text(const SourceStatus& status) {
  return status.cursor == 0 ? "-" : std::to_string(status.cursor);
}

/// What somebody should know, a line each.
std::string notes_text(const SourceEntry& one) {
  const SourceStatus& status = one.status;
  const std::string is = status.name + " is " + std::string(entry_state(one)) + ": ";
  std::string text;
  if (!status.why.empty()) text += is + escaped_once(status.why) + "\n";
  if (status.gaps > 0) {
    text += status.name + " has lost events: " + counted(status.gaps, "gap") +
            " since it was started\n";
  }
  if (status.set_aside > 0) {
    text += status.name + " has set aside " + counted(status.set_aside, "message") +
            " that broke the connection\n";
  }
  return text;
}

void write_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).open('[');
  for (const std::string& one : texts) json.text(one);
  json.close(']');
}

void write_drops(JsonWriter& json, const SourceStatus& status) {
  json.key("drops").open('{');
  for (std::size_t at = 0; at < ingest::drop_count; ++at) {
    if (status.drops[at] > 0) json.field(name(static_cast<ingest::Drop>(at)), status.drops[at]);
  }
  json.close('}').key("refused").open('{');
  for (std::size_t at = 0; at < index::refusal_count; ++at) {
    const std::uint64_t count = status.outcome.refused[at];
    if (count > 0) json.field(name(static_cast<index::Refusal>(at)), count);
  }
  json.close('}');
}

}  // namespace

std::string sources_text(const std::vector<SourceEntry>& all, std::int64_t now_us,
                         const Terminal& terminal) {
  Table table({false, false, false, true, true, true, true, true, false});
  table.add({"", "state", "kind", "events", "known", "dropped", "behind", "cursor", "from"});
  std::string notes;
  for (const SourceEntry& one : all) {
    const SourceStatus& status = one.status;
    const auto count = [&](std::uint64_t number) { return one.runs ? grouped(number) : "-"; };
    table.add({status.name, std::string(entry_state(one)), std::string(name(status.kind)),
               count(status.outcome.appended), count(status.outcome.known), count(dropped(status)),
               behind_text(one, now_us), cursor_text(status), escaped(status.url)},
              state_colour(one));
    notes += notes_text(one);
  }
  return table.text(terminal) + notes;
}

std::string source_json(const SourceEntry& one, std::int64_t now_us) {
  const SourceStatus& status = one.status;
  std::string out;
  JsonWriter json(out);
  json.open('{').field("name", status.name).field("kind", name(status.kind));
  json.field("url", status.url).field("state", entry_state(one));
  json.field("why", status.why).field("last_error", status.last_error);
  write_list(json, "collections", status.filter.collections);
  write_list(json, "dids", status.filter.dids);
  json.field("cursor", status.cursor).field("messages", status.messages);
  json.field("bytes", status.bytes).field("connections", status.connections);
  json.field("events", status.outcome.appended).field("late", status.outcome.late);
  json.field("missing", status.outcome.missing).field("known", status.outcome.known);
  json.field("gaps", status.gaps).field("set_aside", status.set_aside);
  write_drops(json, status);
  json.key("lag_seconds").decimal(static_cast<double>(engine::lag_us(status, now_us)) / 1e6);
  json.close('}');
  return out;
}

}  // namespace refold::cli
