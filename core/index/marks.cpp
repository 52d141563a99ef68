#include "core/index/marks.h"

#include "core/index/keys.h"

namespace refold::index {
namespace {

/// What starts the keys of each kind of mark.
constexpr std::string_view repo_prefix = "repo/";
constexpr std::string_view fetch_prefix = "fetch/";
constexpr std::string_view whole_prefix = "whole/";

// A DID may be longer than a mark's key, so the key has its digest and the value has the DID.
std::string mark_key(std::string_view prefix, std::string_view did) {
  return std::string(prefix) + hex(repo_key(did));
}

log::MarkUpdate make_mark(std::string_view prefix, std::string_view did, atproto::Tid rev) {
  return {mark_key(prefix, did), atproto::to_text(rev) + ' ' + std::string(did)};
}

std::optional<RepoMark> read_mark(std::string_view prefix, std::string_view key,
                                  std::string_view value) {
  constexpr std::size_t did_at = atproto::tid_text_length + 1;
  if (!key.starts_with(prefix) || value.size() <= did_at) return std::nullopt;
  const auto rev = atproto::parse_tid(value.substr(0, atproto::tid_text_length));
  if (!rev) return std::nullopt;
  return RepoMark{value.substr(did_at), *rev};
}

}  // namespace

log::MarkUpdate repo_mark(std::string_view did, atproto::Tid rev) {
  return make_mark(repo_prefix, did, rev);
}

std::optional<RepoMark> read_repo_mark(std::string_view key, std::string_view value) {
  return read_mark(repo_prefix, key, value);
}

log::MarkUpdate fetch_mark(std::string_view did, atproto::Tid rev) {
  return make_mark(fetch_prefix, did, rev);
}

log::MarkUpdate whole_mark(std::string_view did, atproto::Tid rev) {
  return make_mark(whole_prefix, did, rev);
}

Result<std::vector<std::string>> repos_to_fetch(const log::WitnessLog& log, std::size_t count_max) {
  struct Wanted {
    std::string did;
    atproto::Tid rev;
  };
  std::vector<Wanted> wanted;
  const auto visit = [&](std::string_view key, std::string_view value) -> Result<void> {
    const auto mark = read_mark(fetch_prefix, key, value);
    if (mark) wanted.push_back({std::string(mark->did), mark->rev});
    return ok();
  };
  REFOLD_CHECK(log.visit_marks(visit));
  std::vector<std::string> due;
  for (Wanted& one : wanted) {
    if (due.size() == count_max) break;
    REFOLD_TRY(const auto whole, whole_rev(log, one.did));
    if (!whole || *whole < one.rev) due.push_back(std::move(one.did));
  }
  return due;
}

Result<std::optional<atproto::Tid>> whole_rev(const log::WitnessLog& log, std::string_view did) {
  const std::string key = mark_key(whole_prefix, did);
  REFOLD_TRY(const auto value, log.mark(key));
  if (!value) return std::optional<atproto::Tid>{};
  const auto mark = read_mark(whole_prefix, key, *value);
  return mark ? std::optional(mark->rev) : std::nullopt;
}

}  // namespace refold::index
