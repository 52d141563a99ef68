#include <algorithm>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/base/crash_point.h"
#include "core/base/wire.h"
#include "core/index/writer.h"
#include "core/log/limits.h"

namespace refold::index {
namespace {

/// The mark that holds the redaction under way; empty: none.
constexpr std::string_view pending_mark = "redaction/pending";
constexpr std::string_view tombstone_source = "redaction";
/// How many heads are flagged between two flushes.
constexpr std::size_t flagged_at_once_max = 100'000;

std::string encode(const Recorder::Redaction& what) {
  Bytes bytes;
  put_sized(bytes, bytes_of(what.did));
  // Neither may be empty, so that empty is none.
  put_sized(bytes, bytes_of(what.collection.value_or("")));
  put_sized(bytes, bytes_of(what.rkey.value_or("")));
  return std::string(text_of(bytes));
}

std::optional<Recorder::Redaction> decode(std::string_view text) {
  WireReader reader(bytes_of(text));
  Recorder::Redaction what;
  what.did = reader.sized_text(log::did_bytes_max);
  const std::string_view collection = reader.sized_text(log::collection_bytes_max);
  const std::string_view rkey = reader.sized_text(log::rkey_bytes_max);
  if (!reader.finished()) return std::nullopt;
  if (!collection.empty()) what.collection = collection;
  if (!rkey.empty()) what.rkey = rkey;
  return what;
}

Result<void> check(const Recorder::Redaction& what) {
  const auto bad = [](std::string_view field, std::string_view value) {
    return Error{Errc::invalid,
                 "cannot redact: bad " + std::string(field) + " " + atproto::quoted(value)};
  };
  if (!atproto::valid_did(what.did)) return bad("DID", what.did);
  if (what.collection && !atproto::valid_nsid(*what.collection)) {
    return bad("collection", *what.collection);
  }
  if (what.rkey && (!what.collection || !atproto::valid_record_key(*what.rkey))) {
    return bad("record key", *what.rkey);
  }
  return ok();
}

}  // namespace

/// What a redaction erases.
struct Writer::Versions {
  std::vector<log::Seq> seqs;    // what is still to be erased, sorted
  std::vector<RecordKey> heads;  // of the records, all of them
  std::uint64_t with_payload = 0;
};

Result<Recorder::RedactionOutcome> Writer::redact(const Recorder::Redaction& what) {
  REFOLD_TRY(const std::uint64_t tombstones, begin_redaction(what));
  REFOLD_TRY(auto outcome, erase(what));
  outcome.tombstones += tombstones;
  return outcome;
}

Result<std::uint64_t> Writer::begin_redaction(const Recorder::Redaction& what) {
  REFOLD_CHECK(check(what));
  REFOLD_CHECK(begin());
  REFOLD_CHECK(finish_redaction());  // one that has failed half-way
  REFOLD_CHECK(set_pending(encode(what)));
  crash_point("redact.pending");
  return bury(what);
}

/// The records that are living come to have tombstones. Returns how many.
Result<std::uint64_t> Writer::bury(const Recorder::Redaction& what) {
  Removal removal;
  removal.did = what.did;
  removal.collection = what.collection;
  removal.rkey = what.rkey;
  removal.source = tombstone_source;
  REFOLD_CHECK(begin());
  Outcome removed;
  REFOLD_CHECK(remove_living(removal, removed));
  REFOLD_CHECK(commit());
  crash_point("redact.tombstoned");
  return removed.appended;
}

Result<void> Writer::finish_redaction() {
  REFOLD_TRY(const auto pending, log_.mark(pending_mark));
  if (!pending || pending->empty()) return ok();
  const auto what = decode(*pending);
  if (!what) return Error{Errc::corrupt, "the redaction under way cannot be read"};
  REFOLD_TRY(const auto outcome, erase(*what));
  (void)outcome;
  return ok();
}

Result<void> Writer::set_pending(std::string value) {
  REFOLD_CHECK(group_->add_extras({{}, {{std::string(pending_mark), std::move(value)}}}));
  return commit();
}

/// Every step may be done again: what a crash interrupts starts from the beginning.
Result<Recorder::RedactionOutcome> Writer::erase(const Recorder::Redaction& what) {
  REFOLD_TRY(const std::uint64_t tombstones, bury(what));
  REFOLD_CHECK(flush());
  REFOLD_TRY(const Versions versions, versions_of(what));
  REFOLD_CHECK(log_.redact(versions.seqs));  // without any: what it has left undone itself
  REFOLD_CHECK(flag_heads(versions.heads));
  crash_point("redact.flagged");
  REFOLD_CHECK(begin());
  REFOLD_CHECK(set_pending({}));
  return Recorder::RedactionOutcome{tombstones, versions.with_payload};
}

Result<Writer::Versions> Writer::versions_of(const Recorder::Redaction& what) {
  Versions found;
  log::Page page;
  const auto visit = [&](const Index::VersionAt& version) -> Result<void> {
    page.clear();
    REFOLD_CHECK(log_.get(version.seq, page));
    const log::Event& event = page.events.front();
    if (event.did != what.did || (what.collection && event.collection != *what.collection) ||
        (what.rkey && event.rkey != *what.rkey)) {
      return ok();
    }
    // The log may have erased it already: before a crash, or when it was asked for the first time.
    const bool erased =
        event.has(log::flag::redacted) && event.record.empty() && event.previous_record.empty();
    if (!erased) found.seqs.push_back(version.seq);
    if (version.is_head) found.heads.push_back(version.record);
    if (!event.record.empty()) ++found.with_payload;
    return ok();
  };
  if (what.rkey) {
    REFOLD_CHECK(index_->versions_of(record_key(what.did, *what.collection, *what.rkey), visit));
  } else {
    const RepoKey repo = repo_key(what.did);
    REFOLD_CHECK(index_->versions_of(ByteView(repo).first(repo_prefix_bytes), visit));
  }
  std::sort(found.seqs.begin(), found.seqs.end());
  return found;
}

Result<void> Writer::flag_heads(const std::vector<RecordKey>& heads) {
  for (std::size_t from = 0; from < heads.size(); from += flagged_at_once_max) {
    Overlay flagged;
    const std::size_t to = std::min(heads.size(), from + flagged_at_once_max);
    for (std::size_t place = from; place < to; ++place) {
      REFOLD_TRY(const auto old, group_->lookup().head(heads[place]));
      if (!old || old->redacted) continue;
      Head head = *old;
      head.redacted = true;
      flagged.set_head(heads[place], head, old);
    }
    {
      const std::lock_guard lock(index_lock_);
      index_->absorb(flagged, index_->applied());
    }
    REFOLD_CHECK(flush());
  }
  return ok();
}

}  // namespace refold::index
