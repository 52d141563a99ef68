#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <refold/abi.h>
#include "core/plugin/library.h"

namespace refold::projection {

/// The code of one projection, and what it says of itself: out of a library, or built into this
/// program. Immutable. Whoever calls into it holds it: the library is closed when the last has let
/// go.
struct Code {
  plugin::ProjectionInfo info;
  std::string plugin;
  std::string version;
  std::string build_id;
  std::filesystem::path file;                     ///< the staged library; empty: built in
  std::string hash;                               ///< of that file: SHA-256, hexadecimal
  const refold_projection* projection = nullptr;  ///< null: it is not called in this process
  std::vector<const refold_query*> queries;       ///< in the order of info.queries
  const refold_describe* describe = nullptr;      ///< null: it renders nothing
  std::uint32_t index = 0;                        ///< of the projection in its plugin
  std::shared_ptr<const void> library;            ///< kept open, or in use; null: built in

  [[nodiscard]] bool wants(std::uint32_t bit) const noexcept { return (info.wants & bit) != 0; }
};
using CodePointer = std::shared_ptr<const Code>;

/// What a plugin says of one of its projections, without functions: the only one if `projection` is
/// empty. Errors: `not_found` names those that there are.
[[nodiscard]] Result<Code> code_of(const plugin::PluginInfo& info, const std::string& projection);
/// With the functions of a library that is loaded. `library` of the result is still to be set.
[[nodiscard]] Result<Code> code_of(const plugin::Library& library, const std::string& projection);
/// Notes the hash of its file. A build that names itself by nothing else is known by that.
void name_build(Code& code, const std::string& hash);

/// Told each line that a plugin writes for the log of the engine, made fit to print. `projection`
/// is the name of the instance. Called on any thread, several at once.
using LogSink = std::function<void(std::string_view projection, int level, std::string_view line)>;

/// The table behind those of the projection in which the host keeps what accounts are, for those
/// that want REFOLD_ACCOUNT_STATUS.
inline constexpr std::string_view accounts_table = "$accounts";

/// The tables of a view of this projection.
[[nodiscard]] std::vector<std::string> view_tables(const plugin::ProjectionInfo& info);

/// The text of all options that a checkpoint keeps: one "name=value" a line, in their order.
/// Precondition: as many values as options.
[[nodiscard]] std::string options_text(const plugin::ProjectionInfo& info,
                                       const std::vector<std::string>& values);

}  // namespace refold::projection
