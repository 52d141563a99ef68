#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/projection/records.h"

namespace refold::projection {

/// Which projections and plugins a data directory has, and what became of them: small records, each
/// committed, fully synced, by itself.
///
/// One process owns it and changes it; others may read it meanwhile. Any thread.
class Catalog {
 public:
  struct Contents {
    std::vector<ProjectionRecord> projections;  ///< by name
    std::vector<PluginRecord> plugins;
    std::vector<RefusalRecord> refusals;
  };

  /// Creates it if there is none. Errors: `busy` names the process that owns it; `newer_format`,
  /// `corrupt`, `io`, `no_space`.
  [[nodiscard]] static Result<std::unique_ptr<Catalog>> open(const std::filesystem::path& data);
  /// What it holds, for a process that does not own it. Empty if there is none. Not while this
  /// process has it open. Errors: as open(), but `busy`.
  [[nodiscard]] static Result<Contents> read(const std::filesystem::path& data);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  [[nodiscard]] Result<Contents> contents() const;

  /// Durable when they return. Errors: `no_space`, `io`: it is not sure that nothing was changed;
  /// the next put() of that record settles it. `too_large`: a projection's record that could not be
  /// read again.
  [[nodiscard]] Result<void> put(const ProjectionRecord& record);
  [[nodiscard]] Result<void> put(const PluginRecord& record);
  [[nodiscard]] Result<void> put(const RefusalRecord& record);
  /// That there is none is no error.
  [[nodiscard]] Result<void> remove_projection(const std::string& name);
  [[nodiscard]] Result<void> remove_plugin(const std::string& file);
  [[nodiscard]] Result<void> remove_refusal(const std::string& hash);

 private:
  struct State;
  explicit Catalog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace refold::projection
