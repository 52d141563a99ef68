#include "core/ingest/firehose.h"

#include <algorithm>
#include <string>

#include "core/atproto/car.h"
#include "core/atproto/datetime.h"
#include "core/atproto/mst.h"
#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/ingest/frame.h"
#include "core/log/limits.h"

namespace refold::ingest {

using atproto::quoted;
using index::Draft;
using index::DraftBatch;
using log::Kind;
using log::Missing;

namespace {

/// Seqs are integers of JSON.
constexpr std::uint64_t seq_max = (std::uint64_t{1} << 53) - 1;
/// How much of a server's own words is passed on.
constexpr std::size_t code_bytes_max = 64;

/// What is wrong with a message that is to be dropped.
struct Fault {
  Drop reason = Drop::bad_field;
  std::string sentence;
};
using Checked = boost::system::result<void, Fault>;

Fault fault_of(Drop reason, std::string sentence) { return {reason, std::move(sentence)}; }

/// A code of a server: what is no word is no code.
std::string code_of(std::string_view name) {
  std::string code;
  for (const char c : name.substr(0, code_bytes_max)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    code += word ? c : '_';
  }
  return code;
}

std::optional<Kind> kind_of(std::string_view action) noexcept {
  if (action == "create") return Kind::create;
  if (action == "update") return Kind::update;
  if (action == "delete") return Kind::remove;
  return std::nullopt;
}

Checked check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return {};
  return fault_of(Drop::bad_field, "\"" + std::string(field) + "\" has " +
                                       std::to_string(text.size()) + " bytes, at most " +
                                       std::to_string(bytes_max) + " are allowed");
}

}  // namespace

struct FirehoseDecoder::State {
  Frame frame;
  std::string reason;
  atproto::BlockStore blocks;
  atproto::CarContents contents;  ///< damaged blocks are sorted
  std::string lost;               ///< the code of an #info whose gap waits for the next seq
  std::uint64_t lost_after = 0;   ///< the position before it
  std::uint64_t newest = 0;       ///< the seq of the message before
};

/// One frame on its way into a batch.
class FrameDrafts {
 public:
  FrameDrafts(FirehoseDecoder::State& state, const DecoderOptions& options, const ScopeView& scope,
              Drops& drops, DraftBatch& batch)
      : state_(state),
        frame_(state.frame),
        options_(options),
        scope_(scope),
        drops_(drops),
        batch_(batch) {}

  /// Appends the frame's drafts. With a Fault nothing was appended.
  Checked add(atproto::Tid marked);

  [[nodiscard]] std::int64_t time_us() const noexcept { return time_us_; }
  /// The commit that left no draft, if it did not.
  [[nodiscard]] atproto::Tid unmarked_rev() const noexcept { return unmarked_rev_; }

 private:
  Checked read_common();
  Checked read_blocks();
  Checked check_commit(const std::optional<atproto::Cid>& cid, atproto::RepoCommit& commit);
  Checked add_commit();
  void add_operation(std::size_t at, std::string_view did);
  void set_record(Draft& draft);
  Checked add_sync(atproto::Tid marked);
  Checked add_identity();
  Checked add_account();
  [[nodiscard]] Draft notice(Kind kind) const;

  template <class Sentence>
  void drop(Drop reason, const Sentence& sentence) {
    drops_.add(reason, [&] { return where() + sentence(); });
  }
  [[nodiscard]] std::string where() const {
    return "seq " + std::to_string(frame_.seq.value_or(0)) + " " + quoted(frame_.did) + ": ";
  }

  FirehoseDecoder::State& state_;
  const Frame& frame_;
  const DecoderOptions& options_;
  const ScopeView& scope_;
  Drops& drops_;
  DraftBatch& batch_;
  std::string_view did_;  ///< the arena's copy
  atproto::Tid rev_{};
  std::int64_t time_us_ = 0;
  atproto::Tid unmarked_rev_{};
  std::size_t record_bytes_left_ = frame_bytes_max;
};

Checked FrameDrafts::read_common() {
  if (!frame_.wrong_field.empty()) {
    return fault_of(Drop::bad_field,
                    quoted(frame_.wrong_field) + " has a value that it cannot have");
  }
  if (!atproto::valid_did(frame_.did)) {
    return fault_of(Drop::bad_did, "no valid DID: " + quoted(frame_.did));
  }
  if (const auto time = atproto::parse_datetime(frame_.time)) time_us_ = *time;
  return {};
}

Checked FrameDrafts::read_blocks() {
  if (!frame_.blocks) return fault_of(Drop::bad_car, "it has no \"blocks\"");
  auto contents = atproto::read_car(*frame_.blocks, state_.blocks);
  if (contents.has_error()) return fault_of(Drop::bad_car, std::move(contents).error().message);
  state_.contents = std::move(*contents);
  std::sort(state_.contents.damaged.begin(), state_.contents.damaged.end());
  const std::size_t damaged = state_.contents.damaged.size();
  if (damaged > 0) {
    drop(Drop::block_damaged,
         [&] { return std::to_string(damaged) + " blocks do not hash to their CIDs"; });
  }
  return {};
}

/// The signed commit must be there and be of this repo; its rev is set.
Checked FrameDrafts::check_commit(const std::optional<atproto::Cid>& cid,
                                  atproto::RepoCommit& commit) {
  if (!cid) return fault_of(Drop::bad_commit, "it names no commit");
  const ByteView* const block = state_.blocks.find(*cid);
  if (block == nullptr) {
    return fault_of(Drop::bad_commit, "commit " + to_text(*cid) + " is not among its blocks");
  }
  auto read = atproto::read_repo_commit(*block);
  if (read.has_error()) return fault_of(Drop::bad_commit, std::move(read).error().message);
  commit = *read;
  if (commit.did != frame_.did) {
    return fault_of(Drop::bad_commit, "its commit is of another repo: " + quoted(commit.did));
  }
  const auto rev = atproto::parse_tid(commit.rev);
  if (!rev)
    return fault_of(Drop::bad_rev, "the rev of its commit is no TID: " + quoted(commit.rev));
  rev_ = *rev;
  return {};
}

Checked FrameDrafts::add(atproto::Tid marked) {
  REFOLD_CHECK(read_common());
  if (!scope_.wants_did(frame_.did)) {
    drops_.count(Drop::out_of_scope);
    return {};
  }
  did_ = batch_.arena.copy(frame_.did);
  switch (frame_.type) {
    case Frame::Type::commit: return add_commit();
    case Frame::Type::sync: return add_sync(marked);
    case Frame::Type::identity: return add_identity();
    default: return add_account();
  }
}

Checked FrameDrafts::add_commit() {
  const auto rev = atproto::parse_tid(frame_.rev);
  if (!rev) return fault_of(Drop::bad_rev, "\"rev\" is no TID: " + quoted(frame_.rev));
  rev_ = *rev;
  // What a host leaves out of a commit that is too big may be all of it.
  const bool nothing_sent = frame_.too_big && (!frame_.blocks || frame_.blocks->empty());
  state_.blocks.clear();
  state_.contents = {};
  if (!nothing_sent) {
    REFOLD_CHECK(read_blocks());
    atproto::RepoCommit commit;
    REFOLD_CHECK(check_commit(frame_.commit, commit));
    if (rev_ != *rev) {
      return fault_of(Drop::bad_commit, "its commit has another rev: " + quoted(commit.rev));
    }
  }
  const std::size_t before = batch_.drafts.size();
  if (frame_.too_big) {
    drop(Drop::too_big, [] { return std::string("the host left records out of the commit"); });
    batch_.drafts.push_back(notice(Kind::sync));
  }
  for (std::size_t at = 0; at < frame_.operations.size(); ++at) add_operation(at, did_);
  if (batch_.drafts.size() == before) unmarked_rev_ = rev_;
  return {};
}

void FrameDrafts::add_operation(std::size_t at, std::string_view did) {
  const Frame::Operation& operation = frame_.operations[at];
  const auto kind = kind_of(operation.action);
  if (!kind) {
    return drop(Drop::bad_operation, [&] { return "action " + quoted(operation.action); });
  }
  const std::size_t slash = std::min(operation.path.find('/'), operation.path.size());
  const std::string_view collection = operation.path.substr(0, slash);
  const std::string_view rkey = operation.path.substr(std::min(slash + 1, operation.path.size()));
  if (!atproto::valid_nsid(collection)) {
    return drop(Drop::bad_collection, [&] { return "path " + quoted(operation.path); });
  }
  if (!atproto::valid_record_key(rkey)) {
    return drop(Drop::bad_rkey, [&] { return "path " + quoted(operation.path); });
  }
  if (!scope_.wants_collection(collection)) return drops_.count(Drop::out_of_scope);
  if (*kind != Kind::remove && !operation.cid) {
    return drop(Drop::bad_cid, [&] { return "no \"cid\" for " + quoted(operation.path); });
  }
  Draft draft;
  draft.kind = *kind;
  draft.flags = options_.flags;
  draft.did = did;
  draft.rev = rev_;
  draft.order = static_cast<std::uint16_t>(at);
  const std::string_view path = batch_.arena.copy(operation.path);
  draft.collection = path.substr(0, slash);
  draft.rkey = path.substr(slash + 1);
  if (*kind != Kind::remove) {
    draft.cid = operation.cid;
    set_record(draft);
  }
  batch_.drafts.push_back(draft);
}

void FrameDrafts::set_record(Draft& draft) {
  const ByteView* const block = state_.blocks.find(*draft.cid);
  const auto& damaged = state_.contents.damaged;
  if (block == nullptr && std::binary_search(damaged.begin(), damaged.end(), *draft.cid)) {
    draft.missing = Missing::cid_mismatch;
    return;
  }
  if (block == nullptr) {
    draft.missing = Missing::not_sent;
    return drop(Drop::block_missing, [&] {
      return "the record of " + quoted(draft.collection) + "/" + quoted(draft.rkey) +
             " is not among its blocks";
    });
  }
  // Many operations may name one block: a small frame is not to become a large batch.
  if (block->size() > log::record_bytes_max || block->size() > record_bytes_left_) {
    draft.missing = Missing::too_large;
    return;
  }
  record_bytes_left_ -= block->size();
  draft.record = batch_.arena.copy(*block);
}

Draft FrameDrafts::notice(Kind kind) const {
  Draft draft;
  draft.kind = kind;
  draft.flags = options_.flags;
  draft.did = did_;
  draft.rev = rev_;
  draft.upstream_seq = frame_.seq.value_or(0);
  draft.upstream_us = time_us_;
  return draft;
}

/// The rev of a #sync may be later than that of the commit inside (after a migration it is): what
/// can be fetched, and what the next commit refers to, is the commit's.
Checked FrameDrafts::add_sync(atproto::Tid marked) {
  REFOLD_CHECK(read_blocks());
  if (state_.contents.roots.empty()) return fault_of(Drop::bad_commit, "its CAR has no root");
  atproto::RepoCommit commit;
  REFOLD_CHECK(check_commit(state_.contents.roots[0], commit));
  Draft draft = notice(Kind::sync);
  if (marked == rev_) draft.sync = index::SyncMeans::matches;
  batch_.drafts.push_back(draft);
  return {};
}

Checked FrameDrafts::add_identity() {
  REFOLD_CHECK(check_text("handle", frame_.handle, log::handle_bytes_max));
  Draft draft = notice(Kind::identity);
  draft.handle = batch_.arena.copy(frame_.handle);
  batch_.drafts.push_back(draft);
  return {};
}

Checked FrameDrafts::add_account() {
  if (!frame_.active) return fault_of(Drop::bad_field, "\"active\" is missing");
  REFOLD_CHECK(check_text("status", frame_.status, log::status_bytes_max));
  Draft draft = notice(Kind::account);
  draft.active = *frame_.active;
  draft.status = batch_.arena.copy(frame_.status);
  batch_.drafts.push_back(draft);
  return {};
}

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
  FrameDrafts drafts(*state_, options_, scope_, drops_, batch);
  const Checked added = drafts.add(marked(frame.did));
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
