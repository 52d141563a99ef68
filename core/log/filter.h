#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::log {

/// Which events a reader wants. An empty list means all.
struct Filter {
  /// NSIDs, or prefixes `ns.*` (`app.bsky.*` matches `app.bsky.feed.like`). Constrains record
  /// events only: identity, account, sync and gap events pass unless `kinds` says otherwise.
  std::vector<std::string> collections{};
  std::vector<std::string> dids{};
  std::vector<Kind> kinds{};
  /// Everything as witnessed: late events, redacted ones, and those that changed nothing too.
  bool history = false;
};

/// A filter in the form that is quick to ask. Made once per reader; immutable; any thread.
class Matcher {
 public:
  /// Errors: `invalid` names the collection or DID that cannot match anything.
  [[nodiscard]] static Result<Matcher> make(Filter filter);

  [[nodiscard]] bool all_collections() const noexcept { return filter_.collections.empty(); }
  [[nodiscard]] bool all_dids() const noexcept { return filter_.dids.empty(); }
  /// Every event passes.
  [[nodiscard]] bool everything() const noexcept;

  [[nodiscard]] bool wants_collection(std::string_view collection) const noexcept;
  [[nodiscard]] bool wants_did(std::string_view did) const noexcept;
  [[nodiscard]] bool wants_kind(Kind kind) const noexcept;
  /// The whole test, history rules included.
  [[nodiscard]] bool wants(const Event& event) const noexcept;

  [[nodiscard]] const Filter& filter() const noexcept { return filter_; }

 private:
  explicit Matcher(Filter filter);

  Filter filter_;  // dids sorted
  std::uint32_t kinds_ = 0;
};

}  // namespace refold::log
