#include "core/log/filter.h"

#include <algorithm>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/log/change.h"

namespace refold::log {
namespace {

/// What `collection` must begin with to match, if `pattern` is a prefix; its last byte is a dot.
std::string_view prefix_of(std::string_view pattern) noexcept {
  return pattern.substr(0, pattern.size() - 1);
}

constexpr std::uint32_t bit_of(Kind kind) noexcept {
  const auto number = static_cast<unsigned>(kind);
  return number < 32 ? std::uint32_t{1} << number : 0;
}

}  // namespace

Result<Matcher> Matcher::make(Filter filter) {
  for (const std::string& pattern : filter.collections) {
    if (atproto::valid_collection_pattern(pattern)) continue;
    return Error{Errc::invalid, "collection " + atproto::quoted(pattern) +
                                    " matches nothing: it is neither an NSID nor a prefix of "
                                    "NSIDs such as app.bsky.*"};
  }
  for (const std::string& did : filter.dids) {
    if (atproto::valid_did(did)) continue;
    return Error{Errc::invalid, "DID " + atproto::quoted(did) + " matches nothing: it is no DID"};
  }
  std::sort(filter.dids.begin(), filter.dids.end());
  return Matcher(std::move(filter));
}

Matcher::Matcher(Filter filter) : filter_(std::move(filter)) {
  for (const Kind kind : filter_.kinds) kinds_ |= bit_of(kind);
}

bool Matcher::everything() const noexcept {
  return filter_.history && filter_.kinds.empty() && all_collections() && all_dids();
}

bool Matcher::wants_collection(std::string_view collection) const noexcept {
  if (all_collections()) return true;
  for (const std::string& pattern : filter_.collections) {
    if (pattern == collection) return true;
    if (pattern.back() == '*' && collection.starts_with(prefix_of(pattern))) return true;
  }
  return false;
}

bool Matcher::wants_did(std::string_view did) const noexcept {
  return all_dids() || std::binary_search(filter_.dids.begin(), filter_.dids.end(), did);
}

bool Matcher::wants_kind(Kind kind) const noexcept {
  return filter_.kinds.empty() || (kinds_ & bit_of(kind)) != 0;
}

bool Matcher::wants(const Event& event) const noexcept {
  return wants_kind(event.kind) && (!is_record(event.kind) || wants_collection(event.collection)) &&
         wants_did(event.did) && (filter_.history || counts(event));
}

}  // namespace refold::log
