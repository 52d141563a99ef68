#pragma once

#include <string>
#include <vector>

#include "core/engine/config/config.h"

namespace refold::engine {

/// How a difference between two configurations comes into effect.
enum class Applies : std::uint8_t {
  at_once,  ///< by a reload
  restart,  ///< when the engine is started the next time
  command,  ///< by nothing but the command that its sentence names: data would go
};

struct ConfigChange {
  std::string key;  ///< "logging.level"; "source.NAME", "projection.NAME"
  Applies applies = Applies::at_once;
  std::string sentence;  ///< what is different, without secrets: "info -> debug"
};

/// What is different in `now`, in the order of the keys. A pure function.
[[nodiscard]] std::vector<ConfigChange> changes(const Config& before, const Config& now);

/// `before` with those changes of `now` that apply at once: what an engine runs with after a
/// reload.
[[nodiscard]] Config with_changes(const Config& before, const Config& now);

}  // namespace refold::engine
