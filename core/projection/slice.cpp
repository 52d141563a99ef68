#include "core/projection/slice.h"

#include <algorithm>

#include "core/atproto/quote.h"
#include "core/base/assert.h"

namespace refold::projection {
namespace {

/// Whether everything that matches `narrow` matches `wide`.
bool covers(const std::string& wide, const std::string& narrow) {
  if (wide == narrow) return true;
  if (!wide.ends_with(".*")) return false;
  return narrow.starts_with(std::string_view(wide).substr(0, wide.size() - 1));
}

/// What both lists let through.
std::vector<std::string> intersection(const std::vector<std::string>& declared,
                                      const std::vector<std::string>& asked) {
  std::vector<std::string> both;
  for (const std::string& one : declared) {
    for (const std::string& other : asked) {
      if (covers(one, other)) {
        both.push_back(other);
      } else if (covers(other, one)) {
        both.push_back(one);
      }
    }
  }
  std::sort(both.begin(), both.end());
  both.erase(std::unique(both.begin(), both.end()), both.end());
  return both;
}

std::vector<log::Kind> kinds_of(std::uint32_t wants) {
  using log::Kind;
  std::vector<Kind> kinds;
  if ((wants & REFOLD_HISTORY) != 0) return kinds;
  if ((wants & REFOLD_RECORDS) != 0) kinds = {Kind::create, Kind::update, Kind::remove};
  if ((wants & (REFOLD_ACCOUNTS | REFOLD_ACCOUNT_STATUS)) != 0) kinds.push_back(Kind::account);
  if ((wants & REFOLD_IDENTITIES) != 0) kinds.push_back(Kind::identity);
  REFOLD_ASSERT(!kinds.empty(), "a projection that wants nothing has no manifest");
  return kinds;
}

}  // namespace

Result<log::Matcher> matcher_of(const plugin::ProjectionInfo& info, const Slice& slice) {
  log::Filter filter;
  filter.history = (info.wants & REFOLD_HISTORY) != 0;
  filter.kinds = kinds_of(info.wants);
  filter.dids = slice.dids;
  if (slice.collections.empty()) {
    filter.collections = info.collections;
  } else if (info.collections.empty()) {
    filter.collections = slice.collections;
  } else {
    filter.collections = intersection(info.collections, slice.collections);
    if (filter.collections.empty()) {
      return Error{Errc::invalid, "'" + info.name + "' reads none of these collections (" +
                                      atproto::quoted(slice.collections.front()) +
                                      (slice.collections.size() > 1 ? ", ..." : "") +
                                      "): it reads " + info.collections.front() +
                                      (info.collections.size() > 1 ? ", ..." : "")};
    }
  }
  return log::Matcher::make(std::move(filter));
}

}  // namespace refold::projection
