#include "core/server/log_json.h"

#include "core/atproto/time_text.h"
#include "core/base/bytes.h"
#include "core/base/json_writer.h"

namespace refold::server {

using atproto::time_text;
using log::LogStat;

namespace {

void write_segments(JsonWriter& json, const LogStat& stat) {
  json.key("segments").open('[');
  for (const auto& segment : stat.segments) {
    json.open('{').field("file", log::segment_file_name(segment));
    json.field("first", segment.first).field("last", segment.last);
    json.field("first_time", time_text(segment.first_us));
    json.field("last_time", time_text(segment.last_us));
    json.field("bytes", segment.file_bytes).field("chain", hex(segment.chain)).close('}');
  }
  json.close(']');
}

}  // namespace

std::string log_stat_json(const LogStat& stat) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("log_id", hex(stat.log_id)).field("created", time_text(stat.created_us));
  json.field("events", stat.first == 0 ? 0 : stat.last - stat.first + 1);
  json.field("first", stat.first).field("last", stat.last);
  if (stat.first != 0) {
    json.field("first_time", time_text(stat.first_us));
    json.field("last_time", time_text(stat.last_us));
  }
  if (stat.clock_back_us != 0) {
    json.field("clock_back_us", static_cast<std::uint64_t>(stat.clock_back_us));
    json.field("clock_back_seq", stat.clock_back_seq);
    json.field("clock_back_time", time_text(stat.clock_back_at_us));
  }
  json.field("sealed_last", stat.sealed_last).field("segment_bytes", stat.segment_bytes);
  json.field("tail_events", stat.tail_events).field("tail_bytes", stat.tail_bytes);
  json.field("tail_file_bytes", stat.tail_file_bytes);
  json.field("redaction_epoch", stat.redaction_epoch);
  write_segments(json, stat);
  json.close('}');
  return out;
}

}  // namespace refold::server
