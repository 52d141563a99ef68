#include "core/cli/projection_text.h"

#include <algorithm>
#include <array>

#include "core/cli/fields.h"
#include "core/cli/table.h"
#include "core/cli/text.h"

namespace refold::cli {

using projection::GenerationRecord;
using projection::GenerationStatus;
using projection::ProjectionStatus;
using projection::State;

namespace {

Colour colour_of(std::string_view state) {
  if (state == "live" || state == "ready") return Colour::green;
  if (state == "failed" || state == "refused") return Colour::red;
  return state == "retired" ? Colour::dim : Colour::yellow;
}

std::string code_text(const projection::CodeReference& code) {
  std::string text = code.plugin + " " + code.version;
  if (code.projection != code.plugin) text = code.projection + " of " + text;
  return escaped(text);
}

/// "5,533 events, 2 min 3 s"; empty if it lacks nothing.
std::string lag_text(const GenerationStatus& one) {
  if (one.lag_events == 0) return "";
  return counted(one.lag_events, "event") + ", " +
         duration_text(static_cast<double>(one.lag_us) / 1e6);
}

std::string options_text(const projection::OptionPairs& options) {
  std::string text;
  for (const auto& [name, value] : options) {
    text += (text.empty() ? "" : " ") + escaped(name) + "=" + escaped(value);
  }
  return text;
}

std::string failure_line(const projection::Failure& failure) {
  std::string text = failure.seq == 0 ? "" : "at seq " + grouped(failure.seq) + ", ";
  if (!failure.uri.empty()) text += escaped(failure.uri) + ", ";
  return text + short_time_text(failure.at_us) + ", version " + escaped(failure.version) + ": " +
         failure.message;
}

/// What makes a generation less than a rebuild that was looked at; empty for most.
std::string doubts_text(const GenerationStatus& one) {
  std::string text;
  if (!one.checkpoint.skipped.empty()) {
    text = counted(one.checkpoint.skipped.size(), "event") + " skipped";
  }
  if (one.checkpoint.unverified) text += text.empty() ? "unverified" : ", unverified";
  return text;
}

/// What else there is of a projection than its current generation.
std::string others_text(const ProjectionStatus& status) {
  std::string text;
  for (const GenerationStatus& one : status.generations) {
    if (one.record.number == status.record.current) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(one.record.number) + " " +
            std::string(one.record.failure ? "failed" : name(one.record.state));
  }
  return text;
}

std::string generations_text(const ProjectionStatus& status, const Terminal& terminal) {
  Table table({true, false, true, true, true, false, false});
  table.add({"", "state", "seq", "rows", "size", "code", "note"});
  for (const GenerationStatus& one : status.generations) {
    const GenerationRecord& record = one.record;
    const std::string_view state = one.refused      ? "refused"
                                   : record.failure ? "failed"
                                                    : name(record.state);
    std::string note = doubts_text(one);
    if (!record.slice.everything()) note += (note.empty() ? "" : ", ") + std::string("of a slice");
    if (record.number == status.record.current) note += note.empty() ? "current" : ", current";
    table.add({std::to_string(record.number), std::string(state), grouped(one.progress.seq),
               grouped(row_count(one)), byte_text(one.stat.bytes),
               code_text(record.code) + ", fold " + std::to_string(record.code.fold), note},
              colour_of(state));
  }
  return table.text(terminal);
}

std::string rows_text(const GenerationStatus& one) {
  std::string tables;
  std::size_t count = 0;
  for (const view::TableStat& table : one.stat.tables) {
    if (is_hosts(table.name)) continue;
    tables += (count++ == 0 ? " (" : ", ") + table.name + " " + grouped(table.rows);
  }
  return grouped(row_count(one)) + (count < 2 ? "" : tables + ")");
}

void add_current(Fields& fields, const ProjectionStatus& status, const GenerationStatus& now) {
  const GenerationRecord& record = now.record;
  fields.add("plugin", code_text(record.code) + ", fold " + std::to_string(record.code.fold));
  fields.add("library", record.code.file.empty() ? "built in" : "plugins/" + record.code.file);
  if (!record.code.file.empty()) fields.add("isolation", std::string(name(record.code.runs_in)));
  fields.add("options", options_text(record.options));
  fields.add("position", grouped(now.progress.seq) + " of " + grouped(status.log_last));
  fields.add("lag", lag_text(now));
  fields.add("rows", rows_text(now));
  fields.add("size", byte_text(now.stat.bytes) + " (file " + byte_text(now.stat.file_bytes) + ")");
  if (record.failure) fields.add("failed", failure_line(*record.failure));
  if (now.refused) fields.add("refused", now.refused->message);
  if (!now.checkpoint.skipped.empty()) {
    fields.add("incomplete", counted(now.checkpoint.skipped.size(), "event") +
                                 " skipped; a replay leaves no gap");
  }
  if (now.checkpoint.unverified) {
    fields.add("unverified",
               "other code than the one that began it goes on with it: refold "
               "projection verify " +
                   status.record.name);
  }
}

}  // namespace

std::string projections_text(const std::vector<ProjectionStatus>& all, const Terminal& terminal) {
  if (all.empty()) return "no projections; refold plugin load LIBRARY adds one\n";
  Table table({false, false, true, true, false, true, true, false});
  table.add({"name", "state", "gen", "seq", "lag", "rows", "size", "others"});
  for (const ProjectionStatus& status : all) {
    const GenerationStatus* const now = status.current();
    if (now == nullptr) continue;
    const std::string lag = lag_text(*now);
    table.add(
        {status.record.name, std::string(status.state()), std::to_string(status.record.current),
         grouped(now->progress.seq), lag.empty() ? "-" : lag, grouped(row_count(*now)),
         byte_text(now->stat.bytes), others_text(status)},
        colour_of(status.state()));
  }
  return table.text(terminal);
}

std::string projection_text(const ProjectionStatus& status, const Terminal& terminal) {
  Fields fields;
  fields.add("projection", status.record.name);
  fields.add("state", terminal.paint(colour_of(status.state()), status.state()) +
                          (status.record.keep_warm ? ", keeps the retired one warm" : ""));
  if (const GenerationStatus* const now = status.current()) add_current(fields, status, *now);
  return fields.text(terminal) + terminal.paint(Colour::dim, "generations") + "\n" +
         generations_text(status, terminal);
}

std::string plugins_text(const projection::Catalog::Contents& contents, const Terminal& terminal) {
  if (contents.plugins.empty() && contents.refusals.empty()) {
    return "no plugins; refold plugin load LIBRARY adds one\n";
  }
  std::string text;
  for (const projection::PluginRecord& plugin : contents.plugins) {
    Fields fields;
    fields.add("plugin", escaped(plugin.info.name + " " + plugin.info.version));
    fields.add("build", escaped(plugin.info.build_id));
    std::string offers;
    for (const auto& one : plugin.info.projections)
      offers += (offers.empty() ? "" : ", ") + one.name;
    fields.add("offers", escaped(offers));
    std::string users;
    for (const projection::ProjectionRecord& record : contents.projections) {
      for (const GenerationRecord& one : record.generations) {
        if (one.code.file != plugin.file) continue;
        users += (users.empty() ? "" : ", ") + record.name + " " + std::to_string(one.number);
      }
    }
    fields.add("runs", users);
    fields.add("loaded", short_time_text(plugin.staged_us) + " from " + escaped(plugin.origin));
    fields.add("copy", "plugins/" + plugin.file);
    fields.add("sha256", plugin.hash);
    if (plugin.pinned)
      fields.add("pinned", terminal.paint(Colour::yellow, "it cannot be unloaded"));
    text += fields.text(terminal);
  }
  for (const projection::RefusalRecord& refusal : contents.refusals) {
    Fields fields;
    fields.add("refused", terminal.paint(Colour::red, escaped(refusal.origin)));
    fields.add("reason", refusal.reason);
    fields.add("when", short_time_text(refusal.at_us));
    fields.add("sha256", refusal.hash);
    text += fields.text(terminal);
  }
  return text;
}

}  // namespace refold::cli
