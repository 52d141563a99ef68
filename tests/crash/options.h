#pragma once

#include "core/index/recorder.h"

namespace refold::crash {

/// Everything small, so that it happens often.
inline index::RecorderOptions small_options() {
  index::RecorderOptions options;
  options.log.map_bytes = std::size_t{1} << 30;
  options.index.map_bytes = std::size_t{1} << 30;
  options.index.flush_events = 1500;
  options.index.slice_rows = 1000;
  options.group_events_max = 250;
  options.group_delay = std::chrono::microseconds(200);
  options.seal_above_events = 0;
  return options;
}

/// Chunks are the smallest things that can be sealed.
inline constexpr std::uint64_t sealable_events = 4096;

/// The batches of those tests that look at every single call are small, and so many of them are
/// recorded before: somewhat more than can be sealed.
inline constexpr std::size_t script_drafts = 12;
inline constexpr std::uint64_t script_first = 346;

}  // namespace refold::crash
