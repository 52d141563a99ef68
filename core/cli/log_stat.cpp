#include "core/base/bytes.h"
#include "core/cli/commands.h"
#include "core/cli/declare.h"
#include "core/cli/existing_log.h"
#include "core/cli/fields.h"
#include "core/cli/text.h"
#include "core/log/witness_log.h"
#include "core/server/log_json.h"

namespace refold::cli {

using log::LogStat;
using log::SegmentInfo;
using server::log_stat_json;

namespace {

std::uint64_t event_count(const SegmentInfo& segment) { return segment.last - segment.first + 1; }

/// ", 146 B per event"; empty for none.
std::string average_text(std::uint64_t bytes, std::uint64_t events) {
  return events == 0 ? "" : ", " + byte_text(bytes / events) + " per event";
}

std::string sealed_text(const LogStat& stat) {
  if (stat.segments.empty()) return "nothing yet";
  return counted(stat.sealed_last, "event") + " in " + counted(stat.segments.size(), "segment") +
         ", " + byte_text(stat.segment_bytes) + average_text(stat.segment_bytes, stat.sealed_last);
}

std::string tail_text(const LogStat& stat) {
  return counted(stat.tail_events, "event") + ", " + byte_text(stat.tail_bytes) +
         average_text(stat.tail_bytes, stat.tail_events) + " (file " +
         byte_text(stat.tail_file_bytes) + ")";
}

/// Empty if it never ran backwards.
std::string clock_text(const LogStat& stat) {
  if (stat.clock_back_us == 0) return "";
  return "was " + duration_text(static_cast<double>(stat.clock_back_us) / 1e6) +
         " behind at event " + grouped(stat.clock_back_seq) + ", " +
         time_text(stat.clock_back_at_us);
}

std::string segment_line(const SegmentInfo& segment) {
  return "  " + log::segment_file_name(segment) + "  " +
         padded_left(counted(event_count(segment), "event"), 16) + "  " +
         padded_left(byte_text(segment.file_bytes), 8) + "  from " +
         short_time_text(segment.first_us) + "\n";
}

std::string stat_text(const LogStat& stat, const Context& context) {
  Fields fields;
  fields.add("log", hex(stat.log_id));
  fields.add("data", escaped(context.data.string()));
  fields.add("created", time_text(stat.created_us));
  const bool empty = stat.first == 0;
  fields.add("events", empty ? "none yet"
                             : grouped(stat.last - stat.first + 1) + ", seq " +
                                   grouped(stat.first) + " to " + grouped(stat.last));
  fields.add("witnessed", empty ? "" : time_text(stat.first_us) + " to " + time_text(stat.last_us));
  fields.add("clock", clock_text(stat));
  fields.add("sealed", sealed_text(stat));
  fields.add("tail", tail_text(stat));
  fields.add("redactions", stat.redaction_epoch == 0 ? "none" : grouped(stat.redaction_epoch));
  std::string text = fields.text(context.out.terminal());
  if (!stat.segments.empty()) {
    text += context.out.terminal().paint(Colour::dim, "segments") + "\n";
    for (const auto& segment : stat.segments) text += segment_line(segment);
  }
  return text;
}

Result<Exit> run_stat(Context& context) {
  REFOLD_TRY(const auto log, open_log(context));
  REFOLD_TRY(const LogStat stat, log->stat());
  if (context.json) {
    context.out.line(log_stat_json(stat));
  } else {
    context.out.put(stat_text(stat, context));
  }
  return Exit::ok;
}

}  // namespace

void add_stat(const Commands& commands) {
  CLI::App* const command =
      declare(commands, "stat", "how many events, of when, and where they lie", "refold log stat");
  declare_json(command, commands.context);
  choose(command, commands, run_stat);
}

}  // namespace refold::cli
