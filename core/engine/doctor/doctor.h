#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/config/read.h"
#include "core/engine/doctor/machine.h"
#include "core/log/event.h"

namespace refold::engine {

enum class Verdict : std::uint8_t { ok, warn, fail };
/// "ok", "warn", "fail".
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;

/// What one check has found.
struct Finding {
  std::string check;  ///< "disk", "views", ...
  Verdict verdict = Verdict::ok;
  std::string sentence;
  std::string remedy{};  ///< what to do; empty if all is well
};

/// What is to be examined.
struct Patient {
  std::optional<std::filesystem::path> file;  ///< the configuration; none: the defaults
  Environment environment{};
  bool full = false;  ///< recompute every checksum of the log: takes as long as reading it all
  std::function<void(log::Seq checked, log::Seq last)> progress{};
  std::filesystem::path runner{};  ///< refold-runner; empty: where plugin::find_runner() finds it
  /// Asks the machine, for this data directory.
  std::function<Machine(const std::filesystem::path& data)> machine = Machine::of;
};

/// Looks at the configuration, the machine and the data directory, and says what is right and what
/// is wrong: at least one finding for each check, in their order. Changes nothing, and works beside
/// a running engine, but not in a process that has the data directory open.
[[nodiscard]] std::vector<Finding> examine(const Patient& patient);

/// The worst of them.
[[nodiscard]] Verdict worst(const std::vector<Finding>& findings) noexcept;

}  // namespace refold::engine
