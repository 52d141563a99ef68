#include "core/cli/event_text.h"

#include "core/cli/fields.h"
#include "core/cli/pretty.h"
#include "core/cli/text.h"
#include "core/log/change.h"
#include "core/server/event_json.h"

namespace refold::cli {

using server::append_record_json;
using server::flag_names;

using log::Event;
using log::Kind;
using log::Missing;

namespace {

std::string previous_text(const Event& event) {
  std::string text(log::name(event.previous_state));
  if (event.previous_seq != 0) text += ", seq " + grouped(event.previous_seq);
  if (!event.previous_record.empty()) text += ", " + byte_text(event.previous_record.size());
  return text;
}

std::string record_text(const Event& event) {
  switch (event.missing) {
    case Missing::no: break;
    case Missing::not_sent: return "not here: the source did not send it";
    case Missing::cid_mismatch: return "not here: what was sent does not hash to the CID";
    case Missing::too_large: return "not here: it was larger than 1 MiB";
    case Missing::not_data_model: return "not here: what was sent breaks the data model";
  }
  return event.record.empty() ? "erased" : byte_text(event.record.size());
}

void add_record_fields(Fields& fields, const Event& event) {
  fields.add("collection", escaped(event.collection));
  fields.add("rkey", escaped(event.rkey));
  fields.add("uri", "at://" + escaped(event.did) + "/" + escaped(event.collection) + "/" +
                        escaped(event.rkey));
  fields.add("rev", atproto::to_text(event.rev) + "  (" +
                        time_text(static_cast<std::int64_t>(event.rev.micros())) + ")");
  if (log::has_cid(event)) fields.add("cid", atproto::to_text(log::cid_of(event)));
  fields.add("previous", previous_text(event));
  if (log::has_cid(event)) fields.add("record", record_text(event));
}

void add_other_fields(Fields& fields, const Event& event) {
  if (event.kind == Kind::account) fields.add("active", event.active ? "yes" : "no");
  fields.add("status", escaped(event.status));
  fields.add(event.kind == Kind::gap ? "range" : "handle", escaped(event.handle));
  if (event.rev.value != 0) fields.add("rev", atproto::to_text(event.rev));
  if (event.upstream_seq != 0) fields.add("upstream seq", grouped(event.upstream_seq));
  if (event.upstream_us != 0) fields.add("upstream time", time_text(event.upstream_us));
}

Result<void> append_payload(std::string& out, ByteView record, const Terminal& terminal) {
  std::string json;
  REFOLD_CHECK(append_record_json(json, record));
  out += pretty_json(json, terminal) + "\n";
  return ok();
}

}  // namespace

Result<void> append_event_text(std::string& out, const Event& event, const Terminal& terminal) {
  Fields fields;
  fields.add("seq", grouped(event.seq));
  fields.add("time", time_text(event.witness_us));
  fields.add("kind", std::string(log::name(event.kind)));
  if (log::is_record(event.kind)) {
    fields.add("change", std::string(log::name(log::change_of(event))));
  }
  fields.add("flags", flag_names(event.flags, ", "));
  fields.add("source", escaped(event.source));
  fields.add("did", escaped(event.did));
  log::is_record(event.kind) ? add_record_fields(fields, event) : add_other_fields(fields, event);
  out += fields.text(terminal);
  if (!event.record.empty()) REFOLD_CHECK(append_payload(out, event.record, terminal));
  if (!event.previous_record.empty()) {
    out += terminal.paint(Colour::dim, "previous, seq " + grouped(event.previous_seq)) + "\n";
    REFOLD_CHECK(append_payload(out, event.previous_record, terminal));
  }
  return ok();
}

}  // namespace refold::cli
