#include "core/ingest/firehose.h"

#include <string>

#include "core/atproto/quote.h"
#include "core/ingest/frame_drafts.h"

namespace refold::ingest {

using atproto::quoted;
using index::DraftBatch;

namespace {

/// Seqs are integers of JSON.
constexpr std::uint64_t seq_max = (std::uint64_t{1} << 53) - 1;
/// How much of a server's own words is passed on.
constexpr std::size_t code_bytes_max = 64;

/// A code of a server: what is no word is no code.
std::string code_of(std::string_view name) {
  std::string code;
  for (const char c : name.substr(0, code_bytes_max)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    code += word ? c : '_';
  }
  return code;
}

}  // namespace

struct FirehoseDecoder::State {
  Frame frame;
  std::string reason;
  FrameBlocks blocks;
  std::string lost;              ///< the code of an #info whose gap waits for the next seq
  std::uint64_t lost_after = 0;  ///< the position before it
  std::uint64_t newest = 0;      ///< the seq of the message before
};

FirehoseDecoder::FirehoseDecoder(DecoderOptions options)
    : Decoder(std::move(options)), state_(std::make_unique<State>()) {}
FirehoseDecoder::~FirehoseDecoder() = default;

Verdict FirehoseDecoder::decode(ByteView message, DraftBatch& batch) {
  count_message(message);
  Frame& frame = state_->frame;
  if (!read_frame(message, frame, state_->reason)) {
    drops_.add(Drop::bad_frame, [&] { return state_->reason; });
    return {Verdict::Kind::broken, {}, state_->reason};
  }
  switch (frame.type) {
    case Frame::Type::error:
      return {Verdict::Kind::refused, code_of(frame.name), quoted(frame.message)};
    case Frame::Type::info: {
      state_->lost = code_of(frame.name);
      state_->lost_after = cursor();
      return {};
    }
    case Frame::Type::unknown:
      drops_.add(Drop::unknown_kind, [&] { return "a message " + quoted(frame.type_name); });
      take_seq(batch);
      return {};
    default: break;
  }
  if (!take_seq(batch)) return {};
  FrameDrafts drafts(frame, state_->blocks, options_.flags, scope_, drops_, batch);
  const auto added = drafts.add(marked(frame.did));
  if (added.has_error()) {
    drops_.add(added.error().reason, [&] {
      return std::string(frame.type_name) + " seq " + std::to_string(*frame.seq) + " " +
             quoted(frame.did) + ": " + added.error().sentence;
    });
  }
  saw_time(drafts.time_us());
  if (drafts.unmarked_rev().value != 0) mark(frame.did, drafts.unmarked_rev());
  return {};
}

/// Takes note of the message's number. False if it has none that can be one: it is dropped.
bool FirehoseDecoder::take_seq(DraftBatch& batch) {
  const auto& seq = state_->frame.seq;
  if (!seq || *seq == 0 || *seq > seq_max) {
    drops_.add(Drop::bad_field, [&] {
      return std::string("a ") + quoted(state_->frame.type_name) + " without a valid \"seq\"";
    });
    return false;
  }
  if (!state_->lost.empty()) {
    if (state_->lost == "OutdatedCursor" && *seq > state_->lost_after + 1) {
      batch.drafts.push_back(
          gap_draft(state_->lost, state_->lost_after + 1, *seq - 1, batch.arena));
    }
    state_->lost.clear();
  }
  const std::uint64_t newest = state_->newest;
  if (newest != 0 && *seq <= newest) {
    drops_.add(Drop::seq_repeated,
               [&] { return "seq " + std::to_string(*seq) + " after " + std::to_string(newest); });
  } else if (newest != 0 && *seq > newest + 1) {
    drops_.add(Drop::seq_hole,
               [&] { return "seq " + std::to_string(*seq) + " after " + std::to_string(newest); });
  }
  state_->newest = *seq;
  moved_to(*seq);
  return true;
}

}  // namespace refold::ingest
