#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/plugin/library.h"
#include "core/plugin/probe.h"
#include "core/projection/catalog.h"
#include "core/projection/code.h"

namespace refold::projection {

/// Where code is taken from: plugins built into this program, and staged copies of libraries, each
/// loaded once however many projections use it, and closed when the last has let go.
///
/// Any thread. Outlives all code that it gave out.
class Shelf {
 public:
  /// Starts the plugins that are built in. Errors: what is wrong with one of them.
  [[nodiscard]] static Result<std::unique_ptr<Shelf>> open(
      Catalog& catalog, std::filesystem::path folder,
      const std::vector<const refold_plugin_v1*>& built_in, plugin::ProbeOptions probe,
      LogSink log);
  /// Stops them.
  ~Shelf();
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  /// Makes a library ready to be loaded: copied, probed in a process of its own, recorded in the
  /// catalog. One that is in use already is not copied again. A refusal is recorded with the file's
  /// hash. Errors: `invalid`, `unsupported`, `too_large` say why it is refused; those of stage().
  [[nodiscard]] Result<PluginRecord> stage(const std::filesystem::path& library,
                                           const std::optional<Sha256Digest>& expected);

  /// Which projection of a plugin is meant: the only one if `projection` is empty.
  [[nodiscard]] static Result<CodeReference> reference(const PluginRecord& record,
                                                       const std::string& projection);
  [[nodiscard]] Result<CodeReference> built_in(const std::string& plugin,
                                               const std::string& projection) const;

  /// Loads it, if it is not loaded. Errors: `not_found` names what is not there; those of loading.
  [[nodiscard]] Result<CodePointer> take(const CodeReference& reference);
  /// For a library that another process loads: what it said when it was probed, and no functions.
  /// Errors: `not_found`.
  [[nodiscard]] Result<CodePointer> describe(const CodeReference& reference) const;

  /// Forgets the staged copies that are in no list, and deletes those files; but not while somebody
  /// has a description of one, who may still have a process load it.
  [[nodiscard]] Result<void> keep_only(const std::vector<std::string>& files);

  [[nodiscard]] Result<std::vector<PluginRecord>> plugins() const;
  /// Libraries that were closed and are still mapped, by file; for as long as this process runs.
  [[nodiscard]] std::vector<std::string> pinned() const;
  [[nodiscard]] std::size_t loaded() const;

 private:
  struct BuiltIn;
  struct Loaded;
  struct Loads;

  Shelf(Catalog& catalog, std::filesystem::path folder, plugin::ProbeOptions probe, LogSink log);
  [[nodiscard]] Result<void> start(const refold_plugin_v1& plugin);
  [[nodiscard]] Result<std::shared_ptr<Loaded>> load(const std::string& file,
                                                     const std::string& hash);
  // Precondition of these: mutex_ is held.
  [[nodiscard]] bool is_described(const std::string& file) const;
  [[nodiscard]] bool is_loaded(const std::string& file) const;
  [[nodiscard]] Result<PluginRecord> refuse(const std::filesystem::path& library,
                                            const std::string& hash, Error why);

  Catalog& catalog_;
  std::filesystem::path folder_;
  plugin::ProbeOptions probe_;
  LogSink log_;
  std::vector<std::unique_ptr<BuiltIn>> built_in_;
  std::shared_ptr<Loads> loads_;
  mutable std::mutex mutex_;                     ///< guards what follows
  std::map<std::string, PluginRecord> plugins_;  ///< by file
  /// What describe() gave out, by file.
  mutable std::map<std::string, std::weak_ptr<const void>> described_;
};

}  // namespace refold::projection
