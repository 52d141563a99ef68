#pragma once

#include <span>
#include <vector>

#include <refold/abi.h>
#include "core/log/event.h"

namespace refold::projection {

/// Events of the log in the form in which plugins are given them. Keeps its memory from batch to
/// batch. The page they come from outlives what was added. One thread.
class Events {
 public:
  void clear() noexcept {
    events_.clear();
    sources_.clear();
  }
  void add(const log::Event& event);

  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
  [[nodiscard]] std::span<const refold_event> all() const noexcept { return events_; }
  /// The event of the log behind one of these; null if the pointer is none of them.
  [[nodiscard]] const log::Event* source_of(const refold_event* event) const noexcept;

 private:
  std::vector<refold_event> events_;
  std::vector<const log::Event*> sources_;
};

}  // namespace refold::projection
