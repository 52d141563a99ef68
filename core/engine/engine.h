#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/engine/config/config.h"
#include "core/engine/logging.h"
#include "core/engine/parts.h"
#include "core/engine/projection_keeper.h"
#include "core/index/recorder.h"
#include "core/isolation/process_isolation.h"
#include "core/projection/projections.h"

namespace refold::engine {

struct EngineOptions {
  std::filesystem::path runner{};  ///< refold-runner; empty: where plugin::find_runner() finds it
};

/// A running engine: everything that is constructed, and in which order it ends. One thread.
class Engine {
 public:
  /// Opens the log and the projections of config.data, and has everything run. The logging outlives
  /// it. Errors: `busy` names the process that has them; those of the log and the catalog.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> start(const Config& config, Logging& logging,
                                                             EngineOptions options = {});
  /// Stops what stop() has not, for as long as that takes.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Goes on with what of `now` applies at once, and says of every change what becomes of it.
  void reload(const Config& now);

  /// Stops the sources, then has the log finish what it was given, then the views, then the log.
  /// See Parts::stop().
  [[nodiscard]] std::optional<std::string> stop(const std::function<bool()>& give_up);

  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] index::Recorder& recorder() noexcept { return *recorder_; }
  [[nodiscard]] projection::Projections& projections() noexcept { return *projections_; }
  [[nodiscard]] const ProjectionKeeper& keeper() const noexcept { return *keeper_; }

 private:
  Engine(Config config, Logging& logging, EngineOptions options)
      : config_(std::move(config)), logging_(logging), options_(std::move(options)) {}
  [[nodiscard]] Result<void> open_log();
  [[nodiscard]] Result<void> open_projections();

  Config config_;
  Logging& logging_;
  const EngineOptions options_;
  std::unique_ptr<index::Recorder> recorder_;
  std::unique_ptr<isolation::ProcessIsolation> isolation_;
  std::unique_ptr<projection::Projections> projections_;
  std::unique_ptr<ProjectionKeeper> keeper_;
  Parts parts_;
};

}  // namespace refold::engine
