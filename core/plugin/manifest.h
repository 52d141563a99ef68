#pragma once

#include <refold/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::plugin {

/// What a plugin may say at most. Names: REFOLD_NAME_MAX.
inline constexpr std::size_t projections_max = 64;
inline constexpr std::size_t collections_max = 256;
inline constexpr std::size_t tables_max = 128;
inline constexpr std::size_t options_max = 64;  ///< also parameters of a query
inline constexpr std::size_t queries_max = 128;
inline constexpr std::size_t line_bytes_max = 255;  ///< versions, build ids, summaries
inline constexpr std::size_t option_bytes_max = std::size_t{64} << 10;  ///< a value
inline constexpr std::size_t layout_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t manifest_bytes_max = std::size_t{4} << 20;  ///< all texts together

/// An option of a projection, or a parameter of a query.
struct OptionInfo {
  std::string name;
  std::string summary;
  std::optional<std::string> fallback;  ///< as people write it; none: must be given
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::uint32_t type = REFOLD_TEXT;
  friend bool operator==(const OptionInfo&, const OptionInfo&) = default;
};

struct QueryInfo {
  std::string name;
  std::string summary;
  std::vector<OptionInfo> parameters;
  friend bool operator==(const QueryInfo&, const QueryInfo&) = default;
};

struct ProjectionInfo {
  std::string name;
  std::string summary;
  std::uint64_t fold = 0;
  std::uint32_t wants = 0;               ///< REFOLD_RECORDS, ...
  std::vector<std::string> collections;  ///< empty: all
  std::vector<std::string> tables;
  std::vector<std::string> layouts;  ///< as many as tables; empty if the plugin describes none
  std::vector<OptionInfo> options;
  std::vector<QueryInfo> queries;
  friend bool operator==(const ProjectionInfo&, const ProjectionInfo&) = default;
};

/// What a plugin says of itself, copied out of it and checked: it holds after the library is gone.
struct PluginInfo {
  std::string name;
  std::string version;
  std::string build_id;
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::vector<ProjectionInfo> projections;
  friend bool operator==(const PluginInfo&, const PluginInfo&) = default;
};

/// The functions of one projection. The plugin's.
struct ProjectionCode {
  const refold_projection* projection = nullptr;
  std::vector<const refold_query*> queries;
};

/// What a plugin says, and the functions behind it, each in the order of `info`.
struct Manifest {
  PluginInfo info;
  std::vector<ProjectionCode> projections;
  const refold_describe* describe = nullptr;  ///< null if it describes nothing
};

/// Whether this host can talk to the plugin at all: to be asked before anything else is read or
/// called. Errors: `unsupported` names both ABI versions; `invalid`: it is not whole.
[[nodiscard]] Result<void> check_abi(const refold_plugin_v1& plugin);

/// Reads and checks it all: sizes, names, bounds, functions that must be there. Calls the plugin's
/// extension(), at() and layout(): after start(), on the loader's thread. Errors: `invalid`,
/// `too_large` name the field and what is wrong with it; those of check_abi().
[[nodiscard]] Result<Manifest> read_manifest(const refold_plugin_v1& plugin);

/// The rules that what a plugin says must follow, for an info that came from another process.
/// Errors: `invalid` names the field and the rule.
[[nodiscard]] Result<void> check(const PluginInfo& info);

/// Brings one value, as people write it, into its canonical text form: integers and booleans as
/// they are, times ("2026-01-31T12:00:00Z", or microseconds since 1970) as microseconds since 1970.
/// What is canonical stays what it is. Errors: `invalid` names the value and what it may be.
[[nodiscard]] Result<std::string> canonical_value(const OptionInfo& declared,
                                                  std::string_view value);

/// The canonical text form of every declared option, in the order of `declared`: the value that is
/// given, or the fallback. `what` is what messages call them: "option", "parameter". Errors:
/// `invalid` names the option, the value and what it may be; also for one that is not declared, is
/// given twice, or must be given and is not.
[[nodiscard]] Result<std::vector<std::string>> canonical_options(
    const std::vector<OptionInfo>& declared,
    const std::vector<std::pair<std::string, std::string>>& given,
    std::string_view what = "option");

/// An info as bytes (core/base/wire.h), after a format version.
[[nodiscard]] Bytes encode(const PluginInfo& info);
/// The reverse, from bytes that may be hostile; what comes out has passed check(). Errors:
/// `corrupt`, `newer_format`, `invalid`.
[[nodiscard]] Result<PluginInfo> decode_plugin_info(ByteView stored);

}  // namespace refold::plugin
