#include "core/cli/projection_report.h"

#include <algorithm>

#include "core/base/json_writer.h"
#include "core/cli/complaint.h"
#include "core/cli/projection_text.h"
#include "core/cli/text.h"

namespace refold::cli {

using projection::Done;
using projection::GenerationStatus;
using projection::State;

namespace {

/// "generation 2 of 'likes' is live at seq 12,633: 4,012 rows; 12,633 events in 0.11 s, ..."
std::string caught_text(const Caught& caught) {
  const GenerationStatus* const one = caught.subject();
  std::string text =
      "generation " + std::to_string(caught.generation) + " of '" + caught.status.record.name + "'";
  if (one == nullptr) return text + " is gone";
  text += " is " + std::string(name(one->record.state)) + " at seq " + grouped(one->progress.seq) +
          ": " + counted(row_count(*one), "row");
  if (caught.events > 0) {
    const double rate = static_cast<double>(caught.events) / std::max(caught.seconds, 1e-6);
    text += "; " + counted(caught.events, "event") + " in " + duration_text(caught.seconds) + ", " +
            grouped(static_cast<std::uint64_t>(rate)) + " events/s";
  }
  return text;
}

std::string report_json(const Done& done, const Caught& caught) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("changed").boolean(done.changed).field("said", done.said);
  json.field("projection", caught.status.record.name).field("state", caught.status.state());
  json.field("generation", caught.generation);
  if (const GenerationStatus* const one = caught.subject()) {
    json.field("generation_state", name(one->record.state)).field("seq", one->progress.seq);
    json.field("rows", row_count(*one));
  }
  json.field("events", caught.events).key("seconds").decimal(caught.seconds).close('}');
  return out;
}

}  // namespace

Result<Exit> report(Context& context, const Done& done) {
  if (!context.json) {
    context.out.line(done.said);
    return Exit::ok;
  }
  std::string out;
  JsonWriter json(out);
  json.open('{').key("changed").boolean(done.changed).field("said", done.said).close('}');
  context.out.line(out);
  return Exit::ok;
}

void announce(Context& context, const Done& done) {
  if (context.json) return;
  context.out.line(done.said);
  // What comes next may take long; a failure shows again at the end.
  (void)context.out.flush();
}

void conclude(Context& context, const Done& done, const Caught& caught) {
  if (context.json) {
    context.out.line(report_json(done, caught));
    return;
  }
  context.out.line(caught_text(caught));
  const GenerationStatus* const one = caught.subject();
  const State state = one == nullptr ? State::live : one->record.state;
  if (state != State::ready && state != State::detached) return;
  const std::string& projection = caught.status.record.name;
  const std::string number = std::to_string(caught.generation);
  context.out.line("what is different: refold projection diff " + projection);
  context.out.line("what it answers: refold query " + projection + " QUERY --generation " + number);
  context.out.line("then: refold projection " +
                   std::string(state == State::ready ? "promote " : "cancel ") + projection +
                   (state == State::ready ? ", or cancel" : ""));
}

Result<Exit> stay(Context& context, ProjectionSession& session, projection::Supervisor& supervisor,
                  const Done& done) {
  announce(context, done);
  REFOLD_TRY(const Caught caught, catch_up(session, supervisor, {}));
  if (caught.end == Caught::End::interrupted) return interrupted(caught);
  if (caught.trouble) return *caught.trouble;
  if (const GenerationStatus* const one = caught.subject(); one != nullptr) {
    if (one->refused) return *one->refused;
    if (one->record.failure) return failure_text(caught.status.record.name, one->record);
  }
  conclude(context, done, caught);
  return Exit::ok;
}

void tell_of_configuration(Context& context, const std::string& projection) {
  if (context.json || context.engine == nullptr || !context.engine->configured_plugin) return;
  const std::filesystem::path plugin = context.engine->configured_plugin(projection);
  if (plugin.empty()) return;
  const bool gone = context.engine->projections.find(projection).has_error();
  context.out.line("refold.toml still names " + escaped(plugin.string()) + " for '" + projection +
                   (gone ? "', and loads it again at the next reload or start"
                         : "': this stays so until that entry, or that file, is another one"));
}

Exit interrupted(const Caught& caught) {
  const std::string& name = caught.status.record.name;
  const GenerationStatus* const one = caught.subject();
  const log::Seq seq = one == nullptr ? 0 : one->progress.seq;
  complain("interrupted: generation " + std::to_string(caught.generation) + " of '" + name +
           "' is at seq " + std::to_string(seq) + " of " + std::to_string(caught.status.log_last) +
           (caught.goes_on ? ", and goes on in the engine.\nTo watch it: "
                           : ", and what it has stays.\nTo go on: ") +
           "refold projection wait " + name);
  return Exit::interrupted;
}

}  // namespace refold::cli
