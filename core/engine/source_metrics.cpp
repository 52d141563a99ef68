#include "core/engine/source_metrics.h"

#include <algorithm>
#include <string_view>

#include "core/server/metrics.h"

namespace refold::engine {

using ingest::SourceState;
using ingest::SourceStatus;
using server::Metric;

namespace {

/// One metric of every source.
template <class Value>
void append_each(std::string& text, std::string_view name, std::string_view type,
                 std::string_view help, const std::vector<SourceStatus>& all, Value value) {
  Metric metric(text, name, type, help);
  for (const SourceStatus& one : all) metric.add({{"source", one.name}}, value(one));
}

void append_reasons(std::string& text, const std::vector<SourceStatus>& all) {
  {
    Metric drops(text, "refold_source_drops_total", "counter",
                 "What was left out, or found odd, by reason.");
    for (const SourceStatus& one : all) {
      for (std::size_t at = 0; at < ingest::drop_count; ++at) {
        if (one.drops[at] == 0) continue;
        drops.add({{"source", one.name},
                   {"reason", std::string(name(static_cast<ingest::Drop>(at)))}},
                  one.drops[at]);
      }
    }
  }
  Metric refused(text, "refold_source_refused_total", "counter",
                 "Events that the log refused, by reason.");
  for (const SourceStatus& one : all) {
    for (std::size_t at = 0; at < index::refusal_count; ++at) {
      if (one.outcome.refused[at] == 0) continue;
      refused.add({{"source", one.name},
                   {"reason", std::string(name(static_cast<index::Refusal>(at)))}},
                  one.outcome.refused[at]);
    }
  }
}

}  // namespace

std::int64_t lag_us(const SourceStatus& status, std::int64_t now_us) {
  if (status.upstream_us == 0 || status.state == SourceState::ended) return 0;
  return std::max<std::int64_t>(now_us - status.upstream_us, 0);
}

void append_metrics(std::string& text, const std::vector<SourceStatus>& all, std::int64_t now_us) {
  {
    Metric state(text, "refold_source_state", "gauge", "1 for the state that it is in.");
    for (const SourceStatus& one : all) {
      state.add({{"source", one.name},
                 {"kind", std::string(name(one.kind))},
                 {"state", std::string(name(one.state))}},
                std::uint64_t{1});
    }
  }
  append_each(text, "refold_source_messages_total", "counter", "Messages that came.", all,
              [](const SourceStatus& one) { return one.messages; });
  append_each(text, "refold_source_bytes_total", "counter", "Bytes of these messages.", all,
              [](const SourceStatus& one) { return one.bytes; });
  append_each(text, "refold_source_connections_total", "counter", "Connections that were opened.",
              all, [](const SourceStatus& one) { return one.connections; });
  append_each(text, "refold_source_events_total", "counter", "Events that were appended.", all,
              [](const SourceStatus& one) { return one.outcome.appended; });
  append_each(text, "refold_source_known_total", "counter", "What the log had already.", all,
              [](const SourceStatus& one) { return one.outcome.known; });
  append_each(text, "refold_source_gaps_total", "counter", "Gaps: times that events were lost.", all,
              [](const SourceStatus& one) { return one.gaps; });
  append_each(text, "refold_source_cursor", "gauge", "The durable position, as its server counts.",
              all, [](const SourceStatus& one) { return one.cursor; });
  append_each(text, "refold_source_lag_seconds", "gauge",
              "The age of the newest message, by its server's clock.", all,
              [&](const SourceStatus& one) {
                return static_cast<double>(lag_us(one, now_us)) / 1e6;
              });
  append_reasons(text, all);
}

void append_metrics(std::string& text, const index::Recorder& recorder) {
  Metric(text, "refold_recorder_crowded", "gauge",
         "1 while more is submitted than is recorded at ease; replays make room then.")
      .add({}, std::uint64_t{recorder.crowded() ? 1U : 0U});
  Metric(text, "refold_recorder_sealing_failed", "gauge", "1 if sealing failed last.")
      .add({}, std::uint64_t{recorder.sealing_failure() ? 1U : 0U});
}

}  // namespace refold::engine
