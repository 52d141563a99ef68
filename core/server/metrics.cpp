#include "core/server/metrics.h"

#include <array>
#include <charconv>

#include "core/server/projection_json.h"

namespace refold::server {

using projection::GenerationStatus;
using projection::ProjectionStatus;

namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char one : value) {
    if (one == '\n') {
      text += "\\n";
      continue;
    }
    if (one == '"' || one == '\\') text += '\\';
    text += one;
  }
}

/// One metric of every generation.
template <class Value>
void append_each(std::string& text, std::string_view name, std::string_view help,
                 const std::vector<ProjectionStatus>& all, Value value) {
  Metric metric(text, name, "gauge", help);
  for (const ProjectionStatus& status : all) {
    for (const GenerationStatus& one : status.generations) {
      metric.add({{"projection", status.record.name},
                  {"generation", std::to_string(one.record.number)},
                  {"current", one.record.number == status.record.current ? "true" : "false"}},
                 value(one));
    }
  }
}

}  // namespace

std::string decimal(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

Metric::Metric(std::string& text, std::string_view name, std::string_view type,
               std::string_view help)
    : text_(text), name_(name) {
  text_ += "# HELP " + name_ + " ";
  text_ += help;
  text_ += "\n# TYPE " + name_ + " ";
  text_ += type;
  text_ += '\n';
}

void Metric::add(const Labels& labels, double value) { add_as("", labels, decimal(value)); }

void Metric::add_as(std::string_view suffix, const Labels& labels, std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, content] : labels) {
    text_ += before;
    text_ += label;
    text_ += "=\"";
    append_escaped(text_, content);
    text_ += '"';
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void append_metrics(std::string& text, const log::LogStat& log) {
  Metric(text, "refold_log_seq", "counter", "The newest event of the log.").add({}, log.last);
  Metric(text, "refold_log_sealed_seq", "counter", "The newest event in a segment.")
      .add({}, log.sealed_last);
  Metric(text, "refold_log_tail_events", "gauge", "Events in the tail.").add({}, log.tail_events);
  Metric(text, "refold_log_tail_bytes", "gauge", "Pages of the tail in use.")
      .add({}, log.tail_bytes);
  Metric(text, "refold_log_segments", "gauge", "Segments.")
      .add({}, static_cast<std::uint64_t>(log.segments.size()));
  Metric(text, "refold_log_segment_bytes", "gauge", "Bytes of all segments.")
      .add({}, log.segment_bytes);
  Metric(text, "refold_log_witness_time_seconds", "gauge", "When the newest event was witnessed.")
      .add({}, static_cast<double>(log.last_us) / 1e6);
  Metric(text, "refold_log_redactions_total", "counter", "Redactions.")
      .add({}, log.redaction_epoch);
}

void append_metrics(std::string& text, const std::vector<ProjectionStatus>& all) {
  {
    Metric state(text, "refold_projection_state", "gauge", "1 for the state that it is in.");
    for (const ProjectionStatus& one : all) {
      state.add({{"projection", one.record.name}, {"state", std::string(one.state())}},
                std::uint64_t{1});
    }
  }
  append_each(text, "refold_projection_seq", "The newest event that is committed.", all,
              [](const GenerationStatus& one) { return one.progress.seq; });
  append_each(text, "refold_projection_lag_events", "Events that it lacks.", all,
              [](const GenerationStatus& one) { return one.lag_events; });
  append_each(text, "refold_projection_lag_seconds", "How long the first of those has been there.",
              all,
              [](const GenerationStatus& one) { return static_cast<double>(one.lag_us) / 1e6; });
  append_each(text, "refold_projection_events_per_second", "Its rate in the last seconds.", all,
              [](const GenerationStatus& one) { return one.progress.events_per_second; });
  append_each(text, "refold_projection_rows", "Rows of its tables.", all, row_count);
  append_each(text, "refold_projection_bytes", "Pages of its view in use.", all,
              [](const GenerationStatus& one) { return one.stat.bytes; });
  append_each(text, "refold_projection_failed", "1 if it has failed.", all,
              [](const GenerationStatus& one) {
                return std::uint64_t{one.record.failure || one.refused ? 1U : 0U};
              });
}

void append_metrics(std::string& text, const net::ServerStatus& http) {
  Metric(text, "refold_http_connections", "gauge", "Connections that are open.")
      .add({}, http.connections);
  Metric(text, "refold_http_connections_total", "counter", "Connections so far.")
      .add({}, http.accepted);
  Metric(
      text, "refold_http_refused_total", "counter",
      "Connections and requests that were refused for a limit, or were broken, before any route.")
      .add({}, http.refused);
}

}  // namespace refold::server
