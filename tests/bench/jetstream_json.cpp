#include "tests/bench/jetstream_json.h"

#include "core/atproto/datetime.h"
#include "core/atproto/json.h"

namespace refold::bench {
namespace {

// Nothing that goes through here (DIDs, handles, NSIDs, TIDs) needs an escape.
void append_field(std::string& to, std::string_view name, std::string_view value) {
  to += '"';
  to += name;
  to += "\":\"";
  to += value;
  to += '"';
}

void append_time(std::string& to, std::int64_t micros) {
  char text[atproto::datetime_exact_length_max];
  const std::size_t size = atproto::write_exact(atproto::DatetimeForm::millis, micros, text);
  append_field(to, "time", {text, size});
}

Result<void> append_commit(const Operation& operation, std::string& to) {
  to += "\"commit\",\"commit\":{";
  append_field(to, "rev", atproto::to_text(operation.rev));
  to += ',';
  append_field(to, "operation", log::name(operation.kind));
  to += ',';
  append_field(to, "collection", operation.collection);
  to += ',';
  append_field(to, "rkey", operation.rkey);
  if (operation.kind != log::Kind::remove) {
    to += ",\"record\":";
    REFOLD_CHECK(atproto::append_json(operation.record, to));
    to += ',';
    append_field(to, "cid", atproto::to_text(operation.cid));
  }
  return ok();
}

void append_identity(const Operation& operation, std::string& to) {
  to += "\"identity\",\"identity\":{";
  append_field(to, "did", operation.did);
  if (!operation.handle.empty()) {
    to += ',';
    append_field(to, "handle", operation.handle);
  }
  to += ",\"seq\":" + std::to_string(operation.upstream_seq) + ',';
  append_time(to, operation.upstream_us);
}

void append_account(const Operation& operation, std::string& to) {
  to += "\"account\",\"account\":{\"active\":";
  to += operation.active ? "true," : "false,";
  append_field(to, "did", operation.did);
  to += ",\"seq\":" + std::to_string(operation.upstream_seq) + ',';
  if (!operation.status.empty()) {
    append_field(to, "status", operation.status);
    to += ',';
  }
  append_time(to, operation.upstream_us);
}

}  // namespace

Result<void> append_jetstream_line(const Operation& operation, std::string& to) {
  to += '{';
  append_field(to, "did", operation.did);
  to += ",\"time_us\":" + std::to_string(operation.time_us) + ",\"kind\":";
  if (log::is_record(operation.kind)) {
    REFOLD_CHECK(append_commit(operation, to));
  } else if (operation.kind == log::Kind::identity) {
    append_identity(operation, to);
  } else {
    append_account(operation, to);
  }
  to += "}}\n";
  return ok();
}

}  // namespace refold::bench
