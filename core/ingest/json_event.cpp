#include "core/ingest/json_event.h"

#include <algorithm>
#include <cstring>

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

/// A text that may be absent, of bounded length.
TextResult optional_text_at(const object& of, std::string_view key, std::size_t bytes_max) {
  if (!find_field(of, key)) return std::string_view{};
  REFOLD_TRY(const auto text, text_at(of, key, LineFault::bad_field));
  if (text.size() > bytes_max) {
    return line_fault(LineFault::bad_field, "\"" + std::string(key) + "\" has " +
                                                std::to_string(text.size()) + " bytes, at most " +
                                                std::to_string(bytes_max) + " are allowed");
  }
  return text;
}

/// A text that must be there and pass `valid`; the arena's copy of it.
template <class Valid>
TextResult name_at(const object& of, std::string_view key, LineFault if_not, Arena& arena,
                   Valid valid) {
  REFOLD_TRY(const auto text, text_at(of, key, if_not));
  if (!valid(text)) {
    return line_fault(if_not,
                      "\"" + std::string(key) + "\" is not valid: " + atproto::quoted(text));
  }
  return arena.copy(text);
}

/// All living records of the repo are gone; those that it has now follow.
LineResult read_sync(const object& payload, Draft& draft) {
  draft.kind = Kind::sync;
  draft.sync = index::SyncMeans::replaced;
  REFOLD_TRY(const auto rev, text_at(payload, "rev", LineFault::bad_rev));
  const auto tid = atproto::parse_tid(rev);
  if (!tid) return line_fault(LineFault::bad_rev, "\"rev\" is not a TID: " + atproto::quoted(rev));
  draft.rev = *tid;
  return JsonEvents::read_upstream(payload, payload, draft);
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
    return line_fault(
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

std::optional<element> find_field(const object& of, std::string_view key) {
  element value;
  if (of.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

TextResult text_at(const object& of, std::string_view key, LineFault if_not) {
  const auto value = find_field(of, key);
  std::string_view text;
  if (!value) return line_fault(if_not, "\"" + std::string(key) + "\" is missing");
  if (value->get(text) != simdjson::SUCCESS) {
    return line_fault(if_not, "\"" + std::string(key) + "\" is not a text");
  }
  return text;
}

LineResult JsonEvents::read_upstream(const object& event, const object& root, Draft& draft) {
  if (const auto seq = find_field(event, "seq");
      seq && seq->get(draft.upstream_seq) != simdjson::SUCCESS) {
    return line_fault(LineFault::bad_field, "\"seq\" is not a number from 0 on");
  }
  std::string_view time;
  if (const auto value = find_field(event, "time");
      value && value->get(time) == simdjson::SUCCESS) {
    if (const auto micros = atproto::parse_datetime(time)) {
      draft.upstream_us = *micros;
      return {};
    }
  }
  const auto time_us = find_field(root, "time_us");
  if (!time_us || time_us->get(draft.upstream_us) != simdjson::SUCCESS) {
    return line_fault(LineFault::bad_field,
                      "neither \"time\" nor \"time_us\" tells when it happened");
  }
  return {};
}

LineResult JsonEvents::read_identity(const object& event, const object& root, DraftBatch& batch,
                                     Draft& draft) {
  draft.kind = Kind::identity;
  REFOLD_TRY(const auto handle, optional_text_at(event, "handle", log::handle_bytes_max));
  draft.handle = batch.arena.copy(handle);
  return read_upstream(event, root, draft);
}

LineResult JsonEvents::read_account(const object& event, const object& root, DraftBatch& batch,
                                    Draft& draft) {
  draft.kind = Kind::account;
  if (event.at_key("active").get(draft.active) != simdjson::SUCCESS) {
    return line_fault(LineFault::bad_field, "\"active\" is neither true nor false");
  }
  REFOLD_TRY(const auto status, optional_text_at(event, "status", log::status_bytes_max));
  draft.status = batch.arena.copy(status);
  return read_upstream(event, root, draft);
}

LineResult JsonEvents::read_message(const object& payload, DraftBatch& batch,
                                    std::int64_t& time_us) {
  constexpr std::string_view prefix = "network.bsky.jetstream.subscribeEvents#";
  time_us = 0;
  REFOLD_TRY(const auto type, text_at(payload, "$type", LineFault::unknown_kind));
  std::string_view kind = type;
  if (kind.starts_with(prefix)) kind.remove_prefix(prefix.size() - 1);
  if (kind == "#info") return {};
  Draft draft;
  REFOLD_CHECK(read_did(payload, batch, draft));
  Draft when;
  if (read_upstream(payload, payload, when).has_value()) time_us = when.upstream_us;
  if (kind == "#commit") {
    REFOLD_CHECK(read_commit(payload, batch, draft));
  } else if (kind == "#identity") {
    REFOLD_CHECK(read_identity(payload, payload, batch, draft));
  } else if (kind == "#account") {
    REFOLD_CHECK(read_account(payload, payload, batch, draft));
  } else if (kind == "#sync") {
    REFOLD_CHECK(read_sync(payload, draft));
  } else {
    return line_fault(LineFault::unknown_kind, "a message of type " + atproto::quoted(type));
  }
  batch.drafts.push_back(draft);
  return {};
}

LineResult JsonEvents::read_did(const object& of, DraftBatch& batch, Draft& draft) {
  REFOLD_TRY(draft.did, name_at(of, "did", LineFault::bad_did, batch.arena, atproto::valid_did));
  return {};
}

LineResult JsonEvents::parse(std::string_view line, const char* parent, object& root) {
  if (line.size() > line_bytes_max) {
    return line_fault(LineFault::too_long,
                      "the line has more than " + std::to_string(line_bytes_max) + " bytes");
  }
  const std::size_t padded_size = line.size() + simdjson::SIMDJSON_PADDING;
  if (padded_.size() < padded_size) padded_.resize(std::max(padded_size, padded_.size() * 2));
  if (!line.empty()) std::memcpy(padded_.data(), line.data(), line.size());
  text_bytes_ = line.size();
  record_refused_ = false;

  element document;
  auto error = parser_.parse(padded_.data(), line.size(), false).get(document);
  if (may_be_the_record(error) && blank_record(line.size(), parent)) {
    record_refused_ = true;
    error = parser_.parse(padded_.data(), line.size(), false).get(document);
  }
  if (error != simdjson::SUCCESS) {
    return line_fault(LineFault::not_json,
                      "not valid JSON: " + without_name(simdjson::error_message(error)));
  }
  if (document.get(root) != simdjson::SUCCESS) {
    return line_fault(LineFault::not_json, "not a JSON object");
  }
  return {};
}

/// A value that simdjson cannot hold is no reason to drop an operation if it sits in the record
/// only. Finds the record in `padded_` and writes `null` and blanks over it; false if there is
/// none.
bool JsonEvents::blank_record(std::size_t size, const char* parent) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object commit;
  simdjson::ondemand::object record;
  std::string_view json;
  const simdjson::padded_string_view view(padded_.data(), size, padded_.size());
  if (record_finder_.iterate(view).get(document) != simdjson::SUCCESS ||
      document.find_field_unordered(parent).get_object().get(commit) != simdjson::SUCCESS ||
      commit.find_field_unordered("record").get_object().get(record) != simdjson::SUCCESS ||
      record.raw_json().get(json) != simdjson::SUCCESS || json.size() < 4) {
    return false;
  }
  char* const at = padded_.data() + (json.data() - padded_.data());
  std::memset(at, ' ', json.size());
  std::memcpy(at, "null", 4);
  return true;
}

LineResult JsonEvents::read_commit(const object& commit, DraftBatch& batch, Draft& draft) {
  REFOLD_CHECK(read_operation(commit, draft));
  REFOLD_TRY(draft.collection, name_at(commit, "collection", LineFault::bad_collection, batch.arena,
                                       atproto::valid_nsid));
  REFOLD_TRY(draft.rkey,
             name_at(commit, "rkey", LineFault::bad_rkey, batch.arena, atproto::valid_record_key));
  REFOLD_TRY(const auto rev, text_at(commit, "rev", LineFault::bad_rev));
  const auto tid = atproto::parse_tid(rev);
  if (!tid) return line_fault(LineFault::bad_rev, "\"rev\" is not a TID: " + atproto::quoted(rev));
  draft.rev = *tid;
  if (draft.kind == Kind::remove) return {};

  REFOLD_TRY(const auto cid, text_at(commit, "cid", LineFault::bad_cid));
  if (!atproto::read_text(cid, draft.cid.emplace())) {
    return line_fault(LineFault::bad_cid,
                      "\"cid\" is not a CID of a record: " + atproto::quoted(cid));
  }
  read_record(commit, batch, draft);
  return {};
}

void JsonEvents::read_record(const object& commit, DraftBatch& batch, Draft& draft) {
  if (record_refused_) {
    draft.missing = Missing::not_data_model;
    return;
  }
  const auto record = find_field(commit, "record");
  if (!record) {
    draft.missing = Missing::not_sent;
    return;
  }
  const auto cbor = atproto::cbor_from_json(*record);
  if (cbor) {
    draft.record = batch.arena.copy(ByteView(*cbor));
  } else {
    // `too_large` can also be too deep. CBOR is shorter than its JSON, so a short line is that.
    const bool size = cbor.error().code == Errc::too_large && text_bytes_ > log::record_bytes_max;
    draft.missing = size ? Missing::too_large : Missing::not_data_model;
  }
}

}  // namespace refold::ingest
