#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <refold/abi.h>
#include "core/plugin/manifest.h"

namespace refold::projection {

/// The code of one projection, and what it says of itself: out of a library, or built into this
/// program. Immutable. Whoever calls into it holds it: the library is closed when the last has let
/// go.
struct Code {
  plugin::ProjectionInfo info;
  std::string plugin;
  std::string version;
  std::string build_id;
  std::filesystem::path file;  ///< the staged library; empty: built in
  const refold_projection* projection = nullptr;
  std::vector<const refold_query*> queries;   ///< in the order of info.queries
  const refold_describe* describe = nullptr;  ///< null: it renders nothing
  std::uint32_t index = 0;                    ///< of the projection in its plugin
  std::shared_ptr<const void> library;        ///< null: built in

  [[nodiscard]] bool wants(std::uint32_t bit) const noexcept { return (info.wants & bit) != 0; }
};
using CodePointer = std::shared_ptr<const Code>;

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
