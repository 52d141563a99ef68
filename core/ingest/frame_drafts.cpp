#include "core/ingest/frame_drafts.h"

#include <algorithm>
#include <utility>

#include "core/atproto/datetime.h"
#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/log/limits.h"

namespace refold::ingest {

using atproto::quoted;
using index::Draft;
using log::Kind;
using log::Missing;
using Checked = FrameDrafts::Checked;

namespace {

FrameFault fault_of(Drop reason, std::string sentence) { return {reason, std::move(sentence)}; }

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
  auto contents = atproto::read_car(*frame_.blocks, blocks_.store);
  if (contents.has_error()) return fault_of(Drop::bad_car, std::move(contents).error().message);
  blocks_.contents = std::move(*contents);
  std::sort(blocks_.contents.damaged.begin(), blocks_.contents.damaged.end());
  const std::size_t damaged = blocks_.contents.damaged.size();
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
  const ByteView* const block = blocks_.store.find(*cid);
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
  blocks_.store.clear();
  blocks_.contents = {};
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
  for (std::size_t at = 0; at < frame_.operations.size(); ++at) add_operation(at);
  if (batch_.drafts.size() == before) unmarked_rev_ = rev_;
  return {};
}

void FrameDrafts::add_operation(std::size_t at) {
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
  draft.flags = flags_;
  draft.did = did_;
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
  const ByteView* const block = blocks_.store.find(*draft.cid);
  const auto& damaged = blocks_.contents.damaged;
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
  draft.flags = flags_;
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
  if (blocks_.contents.roots.empty()) return fault_of(Drop::bad_commit, "its CAR has no root");
  atproto::RepoCommit commit;
  REFOLD_CHECK(check_commit(blocks_.contents.roots[0], commit));
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

std::string FrameDrafts::where() const {
  return "seq " + std::to_string(frame_.seq.value_or(0)) + " " + quoted(frame_.did) + ": ";
}

}  // namespace refold::ingest
