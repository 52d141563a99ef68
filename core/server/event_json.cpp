#include "core/server/event_json.h"

#include <array>
#include <utility>

#include "core/atproto/json.h"
#include "core/atproto/quote.h"
#include "core/atproto/time_text.h"
#include "core/base/json_writer.h"
#include "core/log/change.h"

namespace refold::server {

using atproto::time_text;
using log::Event;
using log::Kind;

namespace {

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 6> flags_by_name = {{
    {log::flag::live, "live"},
    {log::flag::late, "late"},
    {log::flag::resync, "resync"},
    {log::flag::verified, "verified"},
    {log::flag::unchanged, "unchanged"},
    {log::flag::redacted, "redacted"},
}};

Result<void> write_record(JsonWriter& json, std::string_view key, ByteView record) {
  json.key(key);
  if (record.empty()) {
    json.null();
    return ok();
  }
  return append_record_json(json.value(), record);
}

Result<void> write_previous(JsonWriter& json, const Event& event) {
  json.key("previous").open('{');
  json.field("state", log::name(event.previous_state));
  if (event.previous_seq != 0) json.field("seq", event.previous_seq);
  if (event.previous_state == log::PreviousState::known) {
    REFOLD_CHECK(write_record(json, "record", event.previous_record));
  }
  json.close('}');
  return ok();
}

Result<void> write_record_event(JsonWriter& json, const Event& event) {
  json.field("change", log::name(log::change_of(event)));
  json.field("collection", event.collection).field("rkey", event.rkey);
  json.field("rev", atproto::to_text(event.rev));
  if (log::has_cid(event)) {
    json.field("cid", atproto::to_text(log::cid_of(event)));
    if (event.missing != log::Missing::no) json.field("missing", log::name(event.missing));
    REFOLD_CHECK(write_record(json, "record", event.record));
  }
  return write_previous(json, event);
}

void write_other_event(JsonWriter& json, const Event& event) {
  if (event.kind == Kind::account) json.key("active").boolean(event.active);
  if (!event.status.empty()) json.field("status", event.status);
  if (!event.handle.empty()) json.field(event.kind == Kind::gap ? "range" : "handle", event.handle);
  if (event.rev.value != 0) json.field("rev", atproto::to_text(event.rev));
  if (event.upstream_seq != 0) json.field("upstream_seq", event.upstream_seq);
  if (event.upstream_us != 0) json.field("upstream_time", time_text(event.upstream_us));
}

}  // namespace

std::string flag_names(std::uint16_t flags, std::string_view between) {
  std::string names;
  for (const auto& [bit, name] : flags_by_name) {
    if ((flags & bit) == 0) continue;
    if (!names.empty()) names += between;
    names += name;
  }
  return names;
}

Result<void> append_record_json(std::string& out, ByteView record) {
  const std::size_t from = out.size();
  const auto appended = atproto::append_json(record, out);
  if (appended.has_error()) return Error{Errc::corrupt, "the record: " + appended.error().message};
  make_safe(out, from);
  return ok();
}

Result<void> append_event_json(std::string& out, const Event& event) {
  JsonWriter json(out);
  json.open('{').field("seq", event.seq).field("time", time_text(event.witness_us));
  json.key("witness_us").number(event.witness_us);
  json.field("kind", log::name(event.kind));
  json.key("flags").open('[');
  for (const auto& [bit, name] : flags_by_name) {
    if (event.has(bit)) json.text(name);
  }
  json.close(']').field("source", event.source);
  if (!event.did.empty()) json.field("did", event.did);
  if (log::is_record(event.kind)) {
    REFOLD_CHECK(write_record_event(json, event));
  } else {
    write_other_event(json, event);
  }
  json.close('}');
  return ok();
}

Result<log::Kind> kind_of(std::string_view text) {
  std::string names;
  for (auto kind = log::Kind::create; log::is_known(kind);
       kind = static_cast<log::Kind>(static_cast<int>(kind) + 1)) {
    if (log::name(kind) == text) return kind;
    names += (names.empty() ? "" : ", ") + std::string(log::name(kind));
  }
  return invalid(atproto::quoted(text) + " is no kind of events; there is " + names);
}

}  // namespace refold::server
