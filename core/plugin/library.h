#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/plugin/bare_host.h"
#include "core/plugin/manifest.h"

namespace refold::plugin {

class Library;

struct LoadOptions {
  LogSink log{};  ///< lines that the plugin logs in start() and stop(), and later by their host
  /// Told what the plugin is about to do: "starting". Called on the loader's thread.
  std::function<void(std::string_view step)> step{};
  /// Given one that was mapped and is refused, instead of its being closed: that might crash. May
  /// be null.
  std::unique_ptr<Library>* refused = nullptr;
};

/// A staged plugin, loaded into this process and started.
///
/// It has a thread of its own, on which the file is mapped and start(), stop() and the like are
/// called. Instances of its projections are made, used and destroyed each on one thread that ends
/// before close() (a thread_local of the plugin keeps it mapped as long as its thread runs).
/// Whoever uses it sees to it that nobody closes it meanwhile. One thread at a time.
class Library {
 public:
  /// Maps `staged` (a name that was never used before; see stage.h), calls start() and reads its
  /// manifest. Errors: `unsupported`, `invalid`, `too_large`: the reason, also as the plugin said
  /// it when start() failed; `io`: no thread could be started.
  [[nodiscard]] static Result<std::unique_ptr<Library>> load(const std::filesystem::path& staged,
                                                             const LoadOptions& options = {});
  /// Closes it, if nobody has.
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] const std::filesystem::path& file() const noexcept;
  [[nodiscard]] const PluginInfo& info() const noexcept;

  /// By their index in info(). The plugin's: valid until stop().
  [[nodiscard]] const refold_projection& projection(std::uint32_t index) const noexcept;
  /// Null if there is no such query.
  [[nodiscard]] const refold_query* query(std::uint32_t projection,
                                          std::uint32_t index) const noexcept;
  /// Null if it describes nothing.
  [[nodiscard]] const refold_describe* describe() const noexcept;

  /// Calls the plugin's stop() and ends its thread. After it only close() makes sense. Does
  /// nothing the second time. Errors: `invalid`: an exception came out of stop().
  [[nodiscard]] Result<void> stop();

  enum class Closed : std::uint8_t {
    gone,    ///< no longer mapped
    pinned,  ///< something keeps it mapped: harmless, but its memory stays until the process ends
  };
  /// Stops it, if nobody has, unmaps it, and looks whether it is gone.
  Closed close();

 private:
  struct State;
  explicit Library(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace refold::plugin
