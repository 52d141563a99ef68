#pragma once

#include <memory>
#include <vector>

#include "core/base/arena.h"
#include "core/log/event.h"

namespace refold::log {

/// Some events in seq order, and the memory that their views point into.
///
/// Valid for as long as it lives (moving it keeps the views valid); refilling it with
/// Reader::next() invalidates them and reuses the memory. Holds no transaction.
struct Page {
  std::vector<Event> events;
  /// The first seq that is not covered: where the next page starts. Everything below it was
  /// delivered or filtered out.
  Seq next = 1;

  Arena arena;
  /// Segments whose dictionaries the events point into.
  std::vector<std::shared_ptr<const void>> pinned;

  void clear() {
    events.clear();
    arena.clear();
    pinned.clear();
  }
};

/// Appends a copy of `event` to the page, its texts and payloads in the page's arena.
void add_copy(Page& page, const Event& event);

}  // namespace refold::log
