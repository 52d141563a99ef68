#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "core/plugin/probe.h"

namespace refold::cli {

/// What a check of a plugin found.
struct Checked {
  plugin::Probed probed;
  std::optional<Sha256Digest> hash;
  std::string place;  ///< why it would not be loaded from where it is; empty if it would
};

/// What a plugin says of itself, in words. Pure functions, any thread.

/// "records", "accounts", ...
[[nodiscard]] std::vector<std::string> wants_names(std::uint32_t wants);
/// "text", "integer", "boolean", "time".
[[nodiscard]] std::string type_name(std::uint32_t type);
/// "a whole number from 1 to 100".
[[nodiscard]] std::string option_type_text(const plugin::OptionInfo& option);
/// "1.0".
[[nodiscard]] std::string abi_text(const plugin::PluginInfo& info);

/// The object that `refold plugin check --json` prints (docs/cli.md).
[[nodiscard]] std::string plugin_json(const Checked& checked);

}  // namespace refold::cli
