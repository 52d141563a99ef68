#include "core/ingest/jsonl.h"

#include "core/atproto/quote.h"
#include "core/ingest/json_event.h"

namespace refold::ingest {

using index::Draft;
using index::DraftBatch;
using simdjson::dom::object;

std::string_view name(LineFault fault) noexcept {
  switch (fault) {
    case LineFault::too_long: return "too_long";
    case LineFault::not_json: return "not_json";
    case LineFault::unknown_kind: return "unknown_kind";
    case LineFault::bad_did: return "bad_did";
    case LineFault::bad_operation: return "bad_operation";
    case LineFault::bad_collection: return "bad_collection";
    case LineFault::bad_rkey: return "bad_rkey";
    case LineFault::bad_rev: return "bad_rev";
    case LineFault::bad_cid: return "bad_cid";
    case LineFault::bad_field: return "bad_field";
  }
  return "unknown";
}

/// What reads one line after the other.
struct JsonlDecoder::State {
  LineResult parse(std::string_view line, object& root);
  LineResult decode(const object& root, DraftBatch& batch);
  static LineResult part(const object& root, const char* key, object& part);

  JsonEvents events;
  std::int64_t time_us = 0;
};

JsonlDecoder::JsonlDecoder() : state_(std::make_unique<State>()) {}
JsonlDecoder::~JsonlDecoder() = default;

LineResult JsonlDecoder::decode_line(std::string_view line, DraftBatch& batch) {
  object root;
  state_->time_us = 0;
  REFOLD_CHECK(state_->parse(line, root));
  object payload;
  if (root.at_key("payload").get(payload) == simdjson::SUCCESS)
    return state_->events.read_message(payload, batch, state_->time_us);
  if (const auto time_us = find_field(root, "time_us")) {
    if (time_us->get(state_->time_us) != simdjson::SUCCESS) state_->time_us = 0;
  }
  return state_->decode(root, batch);
}

std::int64_t JsonlDecoder::time_us() const noexcept { return state_->time_us; }

/// Where the record is, the version tells.
LineResult JsonlDecoder::State::parse(std::string_view line, object& root) {
  LineResult parsed = events.parse(line, "commit", root);
  if (parsed || parsed.error().fault != LineFault::not_json) return parsed;
  return events.parse(line, "payload", root) ? LineResult{} : parsed;
}

LineResult JsonlDecoder::State::part(const object& root, const char* key, object& part) {
  if (root.at_key(key).get(part) == simdjson::SUCCESS) return {};
  return line_fault(LineFault::bad_field, "\"" + std::string(key) + "\" is not an object");
}

LineResult JsonlDecoder::State::decode(const object& root, DraftBatch& batch) {
  REFOLD_TRY(const auto kind, text_at(root, "kind", LineFault::unknown_kind));
  Draft draft;
  REFOLD_CHECK(events.read_did(root, batch, draft));
  object of;
  if (kind == "commit") {
    REFOLD_CHECK(part(root, "commit", of));
    REFOLD_CHECK(events.read_commit(of, batch, draft));
  } else if (kind == "identity") {
    REFOLD_CHECK(part(root, "identity", of));
    REFOLD_CHECK(events.read_identity(of, root, batch, draft));
  } else if (kind == "account") {
    REFOLD_CHECK(part(root, "account", of));
    REFOLD_CHECK(events.read_account(of, root, batch, draft));
  } else {
    return line_fault(
        LineFault::unknown_kind,
        "\"kind\" is neither commit nor identity nor account: " + atproto::quoted(kind));
  }
  batch.drafts.push_back(draft);
  return {};
}

}  // namespace refold::ingest
