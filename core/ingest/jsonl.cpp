#include "core/ingest/jsonl.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "core/atproto/datetime.h"
#include "core/atproto/json.h"
#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/log/limits.h"

namespace refold::ingest {

using index::Draft;
using index::DraftBatch;
using log::Kind;
using log::Missing;
using simdjson::dom::element;
using simdjson::dom::object;

namespace {

LineError fault(LineFault what, std::string reason) { return {what, std::move(reason)}; }

/// A field that is absent, or null, is none.
std::optional<element> find(const object& of, std::string_view key) {
  element value;
  if (of.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

using Text = boost::system::result<std::string_view, LineError>;

/// A text that must be there.
Text text_at(const object& of, std::string_view key, LineFault if_not) {
  const auto value = find(of, key);
  std::string_view text;
  if (!value) return fault(if_not, "\"" + std::string(key) + "\" is missing");
  if (value->get(text) != simdjson::SUCCESS) {
    return fault(if_not, "\"" + std::string(key) + "\" is not a text");
  }
  return text;
}

/// A text that may be absent, of bounded length.
Text optional_text_at(const object& of, std::string_view key, std::size_t bytes_max) {
  if (!find(of, key)) return std::string_view{};
  REFOLD_TRY(const auto text, text_at(of, key, LineFault::bad_field));
  if (text.size() > bytes_max) {
    return fault(LineFault::bad_field, "\"" + std::string(key) + "\" has " +
                                           std::to_string(text.size()) + " bytes, at most " +
                                           std::to_string(bytes_max) + " are allowed");
  }
  return text;
}

/// A text that must be there and pass `valid`; the arena's copy of it.
template <class Valid>
Text name_at(const object& of, std::string_view key, LineFault if_not, Arena& arena, Valid valid) {
  REFOLD_TRY(const auto text, text_at(of, key, if_not));
  if (!valid(text)) {
    return fault(if_not, "\"" + std::string(key) + "\" is not valid: " + atproto::quoted(text));
  }
  return arena.copy(text);
}

/// The source's own number and time of an identity or account event.
LineResult read_upstream(const object& root, const object& event, Draft& draft) {
  if (const auto seq = find(event, "seq");
      seq && seq->get(draft.upstream_seq) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "\"seq\" is not a number from 0 on");
  }
  std::string_view time;
  if (const auto value = find(event, "time"); value && value->get(time) == simdjson::SUCCESS) {
    if (const auto micros = atproto::parse_datetime(time)) {
      draft.upstream_us = *micros;
      return {};
    }
  }
  const auto time_us = find(root, "time_us");
  if (!time_us || time_us->get(draft.upstream_us) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "neither \"time\" nor \"time_us\" tells when it happened");
  }
  return {};
}

LineResult read_identity(const object& root, DraftBatch& batch, Draft& draft) {
  object identity;
  if (root.at_key("identity").get(identity) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "\"identity\" is not an object");
  }
  draft.kind = Kind::identity;
  REFOLD_TRY(const auto handle, optional_text_at(identity, "handle", log::handle_bytes_max));
  draft.handle = batch.arena.copy(handle);
  return read_upstream(root, identity, draft);
}

LineResult read_account(const object& root, DraftBatch& batch, Draft& draft) {
  object account;
  if (root.at_key("account").get(account) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "\"account\" is not an object");
  }
  draft.kind = Kind::account;
  if (account.at_key("active").get(draft.active) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "\"active\" is neither true nor false");
  }
  REFOLD_TRY(const auto status, optional_text_at(account, "status", log::status_bytes_max));
  draft.status = batch.arena.copy(status);
  return read_upstream(root, account, draft);
}

LineResult read_operation(const object& commit, Draft& draft) {
  REFOLD_TRY(const auto operation, text_at(commit, "operation", LineFault::bad_operation));
  if (operation == "create") {
    draft.kind = Kind::create;
  } else if (operation == "update") {
    draft.kind = Kind::update;
  } else if (operation == "delete") {
    draft.kind = Kind::remove;
  } else {
    return fault(
        LineFault::bad_operation,
        "\"operation\" is neither create nor update nor delete: " + atproto::quoted(operation));
  }
  return {};
}

/// "The JSON document has an improper structure: ..." without the name that simdjson puts before
/// it.
std::string without_name(const char* message) {
  const std::string_view text = message;
  const auto colon = text.find(": ");
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}

/// Errors of values that are JSON, but that simdjson cannot hold: integers over 64 bits, numbers
/// that are infinite, lone surrogates, a thousand levels.
bool may_be_the_record(simdjson::error_code error) {
  return error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR ||
         error == simdjson::DEPTH_ERROR;
}

}  // namespace

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
  LineResult decode_line(std::string_view line, DraftBatch& batch);
  LineResult parse(std::string_view line, object& root);
  bool blank_record(std::size_t size);
  LineResult read_commit(const object& root, DraftBatch& batch, Draft& draft);
  void read_record(const object& commit, DraftBatch& batch, Draft& draft);

  simdjson::dom::parser parser{line_bytes_max};
  simdjson::ondemand::parser record_finder{line_bytes_max};
  std::vector<char> padded;
  std::size_t line_bytes = 0;
  bool record_refused = false;  ///< simdjson itself refused the record of the current line
};

JsonlDecoder::JsonlDecoder() : state_(std::make_unique<State>()) {}
JsonlDecoder::~JsonlDecoder() = default;

LineResult JsonlDecoder::decode_line(std::string_view line, DraftBatch& batch) {
  return state_->decode_line(line, batch);
}

LineResult JsonlDecoder::State::decode_line(std::string_view line, DraftBatch& batch) {
  object root;
  REFOLD_CHECK(parse(line, root));
  REFOLD_TRY(const auto kind, text_at(root, "kind", LineFault::unknown_kind));
  Draft draft;
  REFOLD_TRY(draft.did, name_at(root, "did", LineFault::bad_did, batch.arena, atproto::valid_did));
  if (kind == "commit") {
    REFOLD_CHECK(read_commit(root, batch, draft));
  } else if (kind == "identity") {
    REFOLD_CHECK(read_identity(root, batch, draft));
  } else if (kind == "account") {
    REFOLD_CHECK(read_account(root, batch, draft));
  } else {
    return fault(LineFault::unknown_kind,
                 "\"kind\" is neither commit nor identity nor account: " + atproto::quoted(kind));
  }
  batch.drafts.push_back(draft);
  return {};
}

LineResult JsonlDecoder::State::parse(std::string_view line, object& root) {
  if (line.size() > line_bytes_max) {
    return fault(LineFault::too_long, "the line has " + std::to_string(line.size()) +
                                          " bytes, at most " + std::to_string(line_bytes_max) +
                                          " are read");
  }
  const std::size_t padded_size = line.size() + simdjson::SIMDJSON_PADDING;
  if (padded.size() < padded_size) padded.resize(std::max(padded_size, padded.size() * 2));
  if (!line.empty()) std::memcpy(padded.data(), line.data(), line.size());
  line_bytes = line.size();
  record_refused = false;

  element document;
  auto error = parser.parse(padded.data(), line.size(), false).get(document);
  if (may_be_the_record(error) && blank_record(line.size())) {
    record_refused = true;
    error = parser.parse(padded.data(), line.size(), false).get(document);
  }
  if (error != simdjson::SUCCESS) {
    return fault(LineFault::not_json,
                 "not valid JSON: " + without_name(simdjson::error_message(error)));
  }
  if (document.get(root) != simdjson::SUCCESS) {
    return fault(LineFault::not_json, "not a JSON object");
  }
  return {};
}

/// A value that simdjson cannot hold is no reason to drop an operation if it sits in the record
/// only. Finds the record in `padded` and writes `null` and blanks over it; false if there is
/// none.
bool JsonlDecoder::State::blank_record(std::size_t size) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object commit;
  simdjson::ondemand::object record;
  std::string_view json;
  const simdjson::padded_string_view view(padded.data(), size, padded.size());
  if (record_finder.iterate(view).get(document) != simdjson::SUCCESS ||
      document.find_field_unordered("commit").get_object().get(commit) != simdjson::SUCCESS ||
      commit.find_field_unordered("record").get_object().get(record) != simdjson::SUCCESS ||
      record.raw_json().get(json) != simdjson::SUCCESS || json.size() < 4) {
    return false;
  }
  char* const at = padded.data() + (json.data() - padded.data());
  std::memset(at, ' ', json.size());
  std::memcpy(at, "null", 4);
  return true;
}

LineResult JsonlDecoder::State::read_commit(const object& root, DraftBatch& batch, Draft& draft) {
  object commit;
  if (root.at_key("commit").get(commit) != simdjson::SUCCESS) {
    return fault(LineFault::bad_field, "\"commit\" is not an object");
  }
  REFOLD_CHECK(read_operation(commit, draft));
  REFOLD_TRY(draft.collection, name_at(commit, "collection", LineFault::bad_collection, batch.arena,
                                       atproto::valid_nsid));
  REFOLD_TRY(draft.rkey,
             name_at(commit, "rkey", LineFault::bad_rkey, batch.arena, atproto::valid_record_key));
  REFOLD_TRY(const auto rev, text_at(commit, "rev", LineFault::bad_rev));
  const auto tid = atproto::parse_tid(rev);
  if (!tid) return fault(LineFault::bad_rev, "\"rev\" is not a TID: " + atproto::quoted(rev));
  draft.rev = *tid;
  if (draft.kind == Kind::remove) return {};

  REFOLD_TRY(const auto cid, text_at(commit, "cid", LineFault::bad_cid));
  if (!atproto::read_text(cid, draft.cid.emplace())) {
    return fault(LineFault::bad_cid, "\"cid\" is not a CID of a record: " + atproto::quoted(cid));
  }
  read_record(commit, batch, draft);
  return {};
}

void JsonlDecoder::State::read_record(const object& commit, DraftBatch& batch, Draft& draft) {
  if (record_refused) {
    draft.missing = Missing::not_data_model;
    return;
  }
  const auto record = find(commit, "record");
  if (!record) {
    draft.missing = Missing::not_sent;
    return;
  }
  const auto cbor = atproto::cbor_from_json(*record);
  if (cbor) {
    draft.record = batch.arena.copy(ByteView(*cbor));
  } else {
    // `too_large` can also be too deep. CBOR is shorter than its JSON, so a short line is that.
    const bool size = cbor.error().code == Errc::too_large && line_bytes > log::record_bytes_max;
    draft.missing = size ? Missing::too_large : Missing::not_data_model;
  }
}

}  // namespace refold::ingest
