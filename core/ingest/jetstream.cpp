#include "core/ingest/jetstream.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/atproto/quote.h"
#include "core/ingest/json_event.h"

namespace refold::ingest {

using index::Draft;
using index::DraftBatch;
using simdjson::dom::object;

namespace {

constexpr std::size_t server_text_bytes_max = 64;

bool is_zstd(ByteView message) noexcept {
  return message.size() >= 4 && load_le<std::uint32_t>(message.data()) == ZSTD_MAGICNUMBER;
}

/// A server's own word, as it may be printed.
std::string word_of(std::string_view text) {
  std::string word(text.substr(0, server_text_bytes_max));
  for (char& c : word) {
    if (c < 0x21 || c > 0x7e) c = '_';
  }
  return word;
}

}  // namespace

struct JetstreamDecoder::State {
  struct FreeContext {
    void operator()(ZSTD_DCtx* one) const noexcept { ZSTD_freeDCtx(one); }
  };
  struct FreeDictionary {
    void operator()(ZSTD_DDict* one) const noexcept { ZSTD_freeDDict(one); }
  };
  JetstreamVersion version = JetstreamVersion::v1;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context;
  std::unique_ptr<ZSTD_DDict, FreeDictionary> dictionary;
  Bytes unpacked;
  bool too_long = false;  ///< why it could not be unpacked
  JsonlDecoder lines;     ///< v1
  JsonEvents events;      ///< v2
  object payload;         ///< v2: of the message
  std::uint64_t seq = 0;
  std::uint64_t newest = 0;  ///< the seq of the message before
  std::int64_t time_us = 0;

  /// The text of a message; false, and why, if it cannot be unpacked.
  bool unpack(ByteView message, std::string_view& text, std::string& reason);
};

Result<std::unique_ptr<JetstreamDecoder>> JetstreamDecoder::make(JetstreamVersion version,
                                                                 ByteView dictionary,
                                                                 DecoderOptions options) {
  auto state = std::make_unique<State>();
  state->version = version;
  state->context.reset(ZSTD_createDCtx());
  if (!dictionary.empty()) {
    if (ZSTD_getDictID_fromDict(dictionary.data(), dictionary.size()) == 0) {
      return invalid("the dictionary of " + std::to_string(dictionary.size()) +
                     " bytes is none of zstd's");
    }
    state->dictionary.reset(ZSTD_createDDict(dictionary.data(), dictionary.size()));
    if (!state->dictionary) return invalid("zstd cannot use the dictionary");
  }
  return std::unique_ptr<JetstreamDecoder>(
      new JetstreamDecoder(std::move(options), std::move(state)));
}

JetstreamDecoder::JetstreamDecoder(DecoderOptions options, std::unique_ptr<State> state)
    : Decoder(std::move(options)), state_(std::move(state)) {}
JetstreamDecoder::~JetstreamDecoder() = default;

std::uint32_t JetstreamDecoder::dictionary_id() const noexcept {
  return ZSTD_getDictID_fromDDict(state_->dictionary.get());
}

/// The room for what comes out is the bound: what would be more is refused by zstd itself.
bool JetstreamDecoder::State::unpack(ByteView message, std::string_view& text,
                                     std::string& reason) {
  if (!is_zstd(message)) {
    text = text_of(message);
    return true;
  }
  if (unpacked.empty()) unpacked.resize(line_bytes_max);
  const std::size_t size =
      ZSTD_decompress_usingDDict(context.get(), unpacked.data(), unpacked.size(), message.data(),
                                 message.size(), dictionary.get());
  too_long = ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall;
  if (ZSTD_isError(size) != 0) {
    reason = std::string("the message cannot be unpacked: ") + ZSTD_getErrorName(size);
    return false;
  }
  text = text_of(ByteView(unpacked).first(size));
  return true;
}

Verdict JetstreamDecoder::decode(ByteView message, DraftBatch& batch) {
  count_message(message);
  std::string_view text;
  std::string reason;
  if (!state_->unpack(message, text, reason)) {
    if (state_->too_long) {
      drops_.add(Drop::too_long, [&] { return reason; });
      return {};
    }
    drops_.add(Drop::bad_packing, [&] { return reason; });
    // One after the other would fail: the dictionary is another one.
    return {Verdict::Kind::broken, {}, std::move(reason)};
  }
  return state_->version == JetstreamVersion::v1 ? decode_line(text, batch)
                                                 : decode_message(text, batch);
}

Verdict JetstreamDecoder::decode_line(std::string_view text, DraftBatch& batch) {
  const std::size_t before = batch.drafts.size();
  const LineResult decoded = state_->lines.decode_line(text, batch);
  const std::int64_t time_us = state_->lines.time_us();
  if (time_us > 0) moved_to(static_cast<std::uint64_t>(time_us));
  saw_time(time_us);
  settle(decoded, before, batch);
  return {};
}

/// `{"$type": "message", "payload": {...}}` or `{"$type": "error", ...}`.
Verdict JetstreamDecoder::decode_message(std::string_view text, DraftBatch& batch) {
  object root;
  State& state = *state_;
  const std::size_t before = batch.drafts.size();
  if (auto parsed = state.events.parse(text, "payload", root); parsed.has_error()) {
    settle(parsed, before, batch);
    return {};
  }
  const auto type = text_at(root, "$type", LineFault::unknown_kind);
  if (type && *type == "error") {
    const auto code = text_at(root, "error", LineFault::bad_field);
    const auto words = text_at(root, "message", LineFault::bad_field);
    return {Verdict::Kind::refused, code ? word_of(*code) : "", words ? word_of(*words) : ""};
  }
  if (!type || *type != "message" ||
      root.at_key("payload").get(state.payload) != simdjson::SUCCESS) {
    settle(line_fault(LineFault::unknown_kind, "neither a message with a payload nor an error"),
           before, batch);
    return {};
  }
  take_seq();
  const LineResult decoded = state.events.read_message(state.payload, batch, state.time_us);
  saw_time(state.time_us);
  settle(decoded, before, batch);
  return {};
}

void JetstreamDecoder::take_seq() {
  State& state = *state_;
  state.seq = 0;
  if (state.payload.at_key("seq").get(state.seq) != simdjson::SUCCESS || state.seq == 0) return;
  if (state.newest != 0 && state.seq <= state.newest) {
    drops_.add(Drop::seq_repeated, [&] {
      return "seq " + std::to_string(state.seq) + " after " + std::to_string(state.newest);
    });
  }
  state.newest = state.seq;
  moved_to(state.seq);
}

/// Counts what was refused, and takes back what is out of scope.
void JetstreamDecoder::settle(const LineResult& decoded, std::size_t before, DraftBatch& batch) {
  if (decoded.has_error()) {
    drops_.add(drop_of(decoded.error().fault), [&] { return decoded.error().reason; });
    return;
  }
  if (batch.drafts.size() == before) return;
  Draft& draft = batch.drafts.back();
  draft.flags |= options_.flags;
  const bool wanted = scope_.wants_did(draft.did) &&
                      (!log::is_record(draft.kind) || scope_.wants_collection(draft.collection));
  if (wanted) return;
  if (log::is_record(draft.kind) && scope_.wants_did(draft.did)) mark(draft.did, draft.rev);
  batch.drafts.pop_back();
  drops_.count(Drop::out_of_scope);
}

}  // namespace refold::ingest
