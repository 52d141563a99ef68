#pragma once

#include <string>
#include <vector>

#include "core/log/filter.h"
#include "core/plugin/manifest.h"

namespace refold::projection {

/// The part of the log that a trial is built from. Empty lists: all.
struct Slice {
  std::vector<std::string> collections;
  std::vector<std::string> dids;
  [[nodiscard]] bool everything() const noexcept { return collections.empty() && dids.empty(); }
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// What a loop has the log filter: no less than delivered() lets through, and what the host itself
/// folds. Errors: `invalid` if the slice holds nothing that the projection reads.
[[nodiscard]] Result<log::Matcher> matcher_of(const plugin::ProjectionInfo& info,
                                              const Slice& slice);

/// Whether apply() is given this event, which the matcher let through.
[[nodiscard]] inline bool delivered(std::uint32_t wants, log::Kind kind) noexcept {
  if ((wants & REFOLD_HISTORY) != 0) return true;
  if (log::is_record(kind)) return (wants & REFOLD_RECORDS) != 0;
  if (kind == log::Kind::account) return (wants & REFOLD_ACCOUNTS) != 0;
  return kind == log::Kind::identity && (wants & REFOLD_IDENTITIES) != 0;
}

}  // namespace refold::projection
