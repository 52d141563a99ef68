#include "core/server/projection_json.h"

#include "core/atproto/time_text.h"
#include "core/base/json_writer.h"

namespace refold::server {

using atproto::time_text;
using projection::GenerationStatus;
using projection::ProjectionStatus;

namespace {

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).open('[');
  for (const std::string& text : texts) json.text(text);
  json.close(']');
}

void write_failure(JsonWriter& json, const std::optional<projection::Failure>& failure) {
  json.key("failure");
  if (!failure) {
    json.null();
    return;
  }
  json.open('{').field("seq", failure->seq).field("uri", failure->uri);
  json.field("message", failure->message).field("version", failure->version);
  json.field("time", time_text(failure->at_us)).close('}');
}

void write_tables(JsonWriter& json, const GenerationStatus& one) {
  json.key("tables").open('[');
  for (const view::TableStat& table : one.stat.tables) {
    if (is_hosts(table.name)) continue;
    json.open('{').field("name", table.name).field("rows", table.rows);
    json.field("digest", view::text_of(table.digest)).close('}');
  }
  json.close(']');
}

void write_code(JsonWriter& json, const projection::GenerationRecord& record) {
  json.field("plugin", record.code.plugin).field("offered_as", record.code.projection);
  json.field("version", record.code.version).field("fold", record.code.fold);
  json.key("library");
  if (record.code.file.empty()) {
    json.null();
  } else {
    json.text("plugins/" + record.code.file);
  }
  json.field("isolation", name(record.code.runs_in)).key("options").open('{');
  for (const auto& [name, value] : record.options) json.field(name, value);
  json.close('}');
}

void write_generation(JsonWriter& json, const GenerationStatus& one) {
  const projection::GenerationRecord& record = one.record;
  json.open('{').field("generation", record.number).field("state", name(record.state));
  json.field("created", time_text(record.created_us));
  write_code(json, record);
  json.field("activity", name(one.progress.activity)).field("why", one.progress.why);
  json.field("seq", one.progress.seq).field("lag_events", one.lag_events);
  json.key("lag_seconds").decimal(static_cast<double>(one.lag_us) / 1e6);
  json.field("rows", row_count(one)).field("bytes", one.stat.bytes);
  json.field("file_bytes", one.stat.file_bytes);
  write_tables(json, one);
  json.key("hold").boolean(record.hold);
  write_texts(json, "collections", record.slice.collections);
  write_texts(json, "dids", record.slice.dids);
  json.key("skipped").open('[');
  for (const log::Seq seq : one.checkpoint.skipped) json.number(seq);
  json.close(']').key("unverified").boolean(one.checkpoint.unverified);
  write_failure(json, record.failure);
  json.key("refused");
  if (one.refused) {
    json.text(one.refused->message);
  } else {
    json.null();
  }
  json.close('}');
}

/// Who it is, and what it offers. The object stays open.
void write_plugin(JsonWriter& json, const projection::PluginRecord& plugin) {
  json.open('{').field("name", plugin.info.name).field("version", plugin.info.version);
  json.field("build_id", plugin.info.build_id);
  std::vector<std::string> offers;
  for (const auto& one : plugin.info.projections) offers.push_back(one.name);
  write_texts(json, "projections", offers);
  json.field("sha256", plugin.hash).field("time", time_text(plugin.staged_us));
}

}  // namespace

bool is_hosts(std::string_view table) noexcept { return table.starts_with('$'); }

std::uint64_t row_count(const GenerationStatus& generation) noexcept {
  std::uint64_t rows = 0;
  for (const view::TableStat& table : generation.stat.tables) {
    if (!is_hosts(table.name)) rows += table.rows;
  }
  return rows;
}

std::string projection_json(const ProjectionStatus& status) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("projection", status.record.name).field("state", status.state());
  json.field("generation", status.record.current).key("paused").boolean(status.record.paused);
  json.key("keep_warm").boolean(status.record.keep_warm).field("log_last", status.log_last);
  json.key("generations").open('[');
  for (const GenerationStatus& one : status.generations) write_generation(json, one);
  json.close(']').close('}');
  return out;
}

std::string plugins_json(const projection::Catalog::Contents& contents) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("plugins").open('[');
  for (const projection::PluginRecord& plugin : contents.plugins) {
    write_plugin(json, plugin);
    json.field("library", "plugins/" + plugin.file).field("origin", plugin.origin);
    json.key("pinned").boolean(plugin.pinned).close('}');
  }
  json.close(']').key("refusals").open('[');
  for (const projection::RefusalRecord& refusal : contents.refusals) {
    json.open('{').field("origin", refusal.origin).field("reason", refusal.reason);
    json.field("sha256", refusal.hash).field("time", time_text(refusal.at_us)).close('}');
  }
  json.close(']').close('}');
  return out;
}

std::string why_it_stands(const projection::ProjectionStatus& status) {
  const auto* const now = status.current();
  if (now == nullptr) return {};
  if (now->refused) return now->refused->message;
  if (const auto& failure = now->record.failure) {
    return (failure->seq == 0 ? std::string() : "at seq " + std::to_string(failure->seq) + ": ") +
           failure->message;
  }
  return now->progress.why;
}

std::string public_plugins_json(const projection::Catalog::Contents& contents) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("plugins").open('[');
  for (const projection::PluginRecord& plugin : contents.plugins) {
    write_plugin(json, plugin);
    json.close('}');
  }
  json.close(']').close('}');
  return out;
}

}  // namespace refold::server
