#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "core/cli/context.h"
#include "core/cli/plugin_lines.h"
#include "core/isolation/process_isolation.h"
#include "core/log/witness_log.h"
#include "core/projection/projections.h"

namespace refold::cli {

/// How long a question is waited for.
inline constexpr std::chrono::minutes query_patience{10};

/// The projections of a data directory, opened by a command for as long as it takes. None of them
/// folds, but what the command has fold (fold()). Or those of the engine that the command runs in,
/// which fold anyway. One thread.
class ProjectionSession {
 public:
  /// Beside a process that writes the log, if there is one. Errors: `not_found` if there is no log;
  /// `busy` names the process that has the projections open.
  [[nodiscard]] static Result<std::unique_ptr<ProjectionSession>> open(const Context& context);
  /// Over a log that this process has open, and that outlives the session.
  [[nodiscard]] static Result<std::unique_ptr<ProjectionSession>> open(const log::WitnessLog& log);
  /// Stops what folds at the edge of a batch.
  ~ProjectionSession();
  ProjectionSession(const ProjectionSession&) = delete;
  ProjectionSession& operator=(const ProjectionSession&) = delete;

  [[nodiscard]] projection::Projections& projections() noexcept {
    return engine_ != nullptr ? engine_->projections : *projections_;
  }
  /// Whether what folds goes on when the command has ended.
  [[nodiscard]] bool in_engine() const noexcept { return engine_ != nullptr; }
  /// Has this fold, from now on; nothing to do in an engine.
  void fold(projection::Supervisor& supervisor, projection::Folding what) const {
    if (engine_ == nullptr) supervisor.fold(what);
  }
  [[nodiscard]] PluginLines& lines() noexcept { return lines_; }
  /// Errors: `not_found` names the projections that there are.
  [[nodiscard]] Result<std::shared_ptr<projection::Supervisor>> find(const std::string& name) {
    return projections().find(name);
  }

 private:
  ProjectionSession() = default;
  [[nodiscard]] Result<void> start(const log::WitnessLog& log);

  PluginLines lines_;
  const EngineHandles* engine_ = nullptr;
  std::unique_ptr<log::WitnessLog> log_;
  std::unique_ptr<isolation::ProcessIsolation> isolation_;
  std::unique_ptr<projection::Projections> projections_;
};

}  // namespace refold::cli
