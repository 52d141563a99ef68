#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "core/plugin/probe.h"
#include "core/projection/code.h"
#include "core/projection/loop.h"
#include "core/view/view.h"

namespace refold::projection {

class Isolation;

struct ProjectionsOptions {
  /// Plugins in this program, which outlive the Projections.
  std::vector<const refold_plugin_v1*> built_in{};
  plugin::ProbeOptions probe{};
  LoopOptions loop{};
  view::ViewOptions view{};
  LogSink log{};
  /// How long a command waits for a plugin's function to return before it says so and changes
  /// nothing.
  std::chrono::milliseconds patience{10'000};
  /// Where projections run; null: in threads of this process. Outlives the Projections. See
  /// core/isolation for processes of their own.
  Isolation* isolation = nullptr;
};

}  // namespace refold::projection
