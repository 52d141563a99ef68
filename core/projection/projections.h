#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/projection/supervisor.h"

namespace refold::projection {

/// What is asked of a library, and for it.
struct LibraryTerms {
  std::optional<Sha256Digest> sha256{};  ///< that it must have
  /// None: where this projection runs already; a new one in a thread if the library comes with this
  /// program (plugin::is_shipped()), and else in a process.
  std::optional<RunsIn> runs_in{};
};

/// A projection to be loaded.
struct LoadRequest {
  std::string name;               ///< of the instance; empty: as the projection is called
  std::filesystem::path library;  ///< a plugin's file; empty: it is built in
  std::string plugin;             ///< the name of a plugin that is built in
  std::string projection;         ///< which of its projections; empty: the only one
  OptionPairs options;
  bool keep_warm = false;
  LibraryTerms terms{};
};

/// All projections over one log: the way in for every program that runs some.
///
/// Owns the catalog, the plugins that are loaded, and a supervisor for each projection; has them
/// all run, from open() on. One per data directory and process; one process at a time. Any thread.
/// The log outlives it.
///
/// Commands name the projection that they are about (`not_found` names those that there are), and
/// are as their namesakes in Supervisor.
class Projections {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Opens what log.data() has, and goes on with it. A projection that cannot be opened is there
  /// all the same, and says why. Errors: `busy` names the process that has it open; those of the
  /// catalog and of plugins that are built in.
  [[nodiscard]] static Result<std::unique_ptr<Projections>> open(const log::WitnessLog& log,
                                                                 ProjectionsOptions options);
  /// Stops all loops at the edge of a batch, and waits for as long as that takes.
  ~Projections();
  Projections(const Projections&) = delete;
  Projections& operator=(const Projections&) = delete;

  /// Probes and stages a library, and has its projection built from the log: it is live when it has
  /// caught up. That it is loaded so already is no error; keep_warm may become true. Errors: why
  /// the plugin is refused; `invalid` if there is another projection of this name, or for its
  /// options.
  [[nodiscard]] Result<Done> load(const LoadRequest& request);
  /// What a library offers: probes it as load() does, and keeps nothing but a refusal.
  [[nodiscard]] Result<PluginRecord> examine(const std::filesystem::path& library);
  /// Other code for a projection, other options, or another place to run in: goes on with the view,
  /// or builds a new one beside it. `library` empty: the code that it has.
  [[nodiscard]] Result<Done> upgrade(const std::string& name, const std::filesystem::path& library,
                                     const std::optional<OptionPairs>& options, bool hold,
                                     const LibraryTerms& terms = {});
  /// Stops a projection and deletes all that it has.
  [[nodiscard]] Result<Done> unload(const std::string& name);

  /// For all other commands and questions. Not after unload(), and not to outlive this.
  [[nodiscard]] Result<std::shared_ptr<Supervisor>> find(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;

  /// Waits until every generation that folds, also those that are being built, has come to `last`:
  /// before the log erases what they may have to take back
  /// (index::RecorderOptions::before_erasing). Returns those that have not, at the deadline or
  /// because they rest or have failed; when they go on, they will ask to be built anew if they have
  /// missed something.
  [[nodiscard]] std::vector<std::string> settle(log::Seq last, Deadline deadline) const;

  [[nodiscard]] const Shelf& shelf() const noexcept;
  /// What the catalog holds now. Errors: those of reading it.
  [[nodiscard]] Result<Catalog::Contents> contents() const;

  struct Impl;

 private:
  explicit Projections(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The projections of a data directory, for a process that does not run them: what the catalog and
/// the views say. Not while this process has them open. Positions are those of the last commits.
/// Refused is what cannot be read, and what is not of this log: code is not looked at.
[[nodiscard]] Result<std::vector<ProjectionStatus>> inspect(const log::WitnessLog& log);

}  // namespace refold::projection
