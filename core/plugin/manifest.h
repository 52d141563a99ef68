#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "sdk/include/refold/abi.h"

namespace refold::plugin {

/// An option of a projection, or a parameter of a query.
struct OptionInfo {
  std::string name;
  std::string summary;
  std::optional<std::string> fallback;  ///< none: must be given
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::uint32_t type = REFOLD_TEXT;
};

struct QueryInfo {
  std::string name;
  std::string summary;
  std::vector<OptionInfo> parameters;
};

struct ProjectionInfo {
  std::string name;
  std::string summary;
  std::uint64_t fold = 0;
  std::uint32_t wants = 0;  ///< REFOLD_RECORDS, ...
  std::vector<std::string> collections;  ///< empty: all
  std::vector<std::string> tables;
  std::vector<std::string> layouts;  ///< as many as tables; empty if the plugin describes none
  std::vector<OptionInfo> options;
  std::vector<QueryInfo> queries;
};

/// What a plugin says of itself, copied out of it and checked: it holds after the library is gone.
struct PluginInfo {
  std::string name;
  std::string version;
  std::string build_id;
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::vector<ProjectionInfo> projections;
};

/// Reads and checks it all: sizes, versions, names, bounds, functions that must be there. Calls the
/// plugin's extension(), after start(). Errors: `unsupported` names both ABI versions; `invalid`
/// names the field and what is wrong with it.
[[nodiscard]] Result<PluginInfo> read_manifest(const refold_plugin_v1& plugin);

/// Brings values, as people write them, into their canonical text form, in the order of `declared`.
/// Errors: `invalid` names the option, the value and what it may be; also for one that is not
/// declared, or must be given and is not.
[[nodiscard]] Result<std::vector<std::string>> canonical_options(
    const std::vector<OptionInfo>& declared,
    const std::vector<std::pair<std::string, std::string>>& given);

}  // namespace refold::plugin
