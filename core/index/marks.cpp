#include "core/index/marks.h"

#include "core/index/keys.h"

namespace refold::index {
namespace {

constexpr std::string_view prefix = "repo/";

}  // namespace

log::MarkUpdate repo_mark(std::string_view did, atproto::Tid rev) {
  // A DID may be longer than a mark's key, so the key has its digest and the value has the DID.
  return {std::string(prefix) + hex(repo_key(did)), atproto::to_text(rev) + ' ' + std::string(did)};
}

std::optional<RepoMark> read_repo_mark(std::string_view key, std::string_view value) {
  constexpr std::size_t did_at = atproto::tid_text_length + 1;
  if (!key.starts_with(prefix) || value.size() <= did_at) return std::nullopt;
  const auto rev = atproto::parse_tid(value.substr(0, atproto::tid_text_length));
  if (!rev) return std::nullopt;
  return RepoMark{value.substr(did_at), *rev};
}

}  // namespace refold::index
