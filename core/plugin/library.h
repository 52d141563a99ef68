#pragma once

#include <filesystem>
#include <memory>

#include "core/base/gate.h"
#include "core/plugin/manifest.h"

namespace refold::plugin {

/// A staged plugin, loaded into this process and started.
///
/// Instances of its projections are made, used and destroyed each on one thread that ends before
/// close() (a thread_local of the plugin keeps it mapped as long as its thread runs). Whoever is
/// about to use it enters the gate; close() lets nobody in any more and waits until all have left.
class Library {
 public:
  /// Maps `staged` (a name that was never used before; see stage.h), reads its manifest and calls
  /// start(). Errors: `unsupported`, `invalid` (also what the plugin said when start() failed).
  [[nodiscard]] static Result<std::unique_ptr<Library>> load(const std::filesystem::path& staged);
  /// Closes it, if nobody has.
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] const std::filesystem::path& file() const noexcept;
  [[nodiscard]] const PluginInfo& info() const noexcept;
  [[nodiscard]] Gate& gate() noexcept;

  /// By their index in info(). Null if there is no such table.
  [[nodiscard]] const refold_projection& projection(std::uint32_t index) const noexcept;
  [[nodiscard]] const refold_query* query(std::uint32_t projection, std::uint32_t index) const;
  [[nodiscard]] const refold_describe* describe() const noexcept;

  enum class Closed : std::uint8_t {
    gone,    ///< no longer mapped
    pinned,  ///< something keeps it mapped: harmless, but its memory stays until the process ends
  };
  /// Drains, calls stop(), unmaps, and looks whether it is gone.
  [[nodiscard]] Closed close();

 private:
  struct State;
  explicit Library(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace refold::plugin
