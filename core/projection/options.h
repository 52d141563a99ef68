#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/plugin/probe.h"
#include "core/projection/code.h"
#include "core/projection/loop.h"
#include "core/view/view.h"

namespace refold::projection {

class Isolation;

/// What of a projection folds.
enum class Folding : std::uint8_t {
  nothing,  ///< only what a command cannot do without, and while it does
  current,  ///< the generation that answers queries
  all,      ///< also what is being built, and what is kept warm
};

struct ProjectionsOptions {
  /// Plugins in this program, which outlive the Projections.
  std::vector<const refold_plugin_v1*> built_in{};
  plugin::ProbeOptions probe{};
  LoopOptions loop{};
  view::ViewOptions view{};
  LogSink log{};
  /// From open() on, of each projection, also of those that are loaded later: for a program that
  /// only gives a command. Supervisor::fold() changes it.
  Folding folding = Folding::all;
  /// How long a command waits for a plugin's function to return before it says so and changes
  /// nothing.
  std::chrono::milliseconds patience{10'000};
  /// Where projections run; null: in threads of this process. Outlives the Projections. See
  /// core/isolation for processes of their own.
  Isolation* isolation = nullptr;
};

}  // namespace refold::projection
