#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/projection/projections.h"
#include "tests/bench/replay/fold.h"

namespace refold::bench {

/// The engine over a log, as a program embeds it, with the plugin of the benchmark. Leaves nothing
/// of it beside the log.
class Engine {
 public:
  /// `isolation`: null for threads.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> open(
      const log::WitnessLog& log, const std::filesystem::path& library,
      projection::Isolation* isolation = nullptr);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Loads a projection of the plugin; it begins to build.
  [[nodiscard]] Result<std::shared_ptr<projection::Supervisor>> load(const std::string& name,
                                                                     bool keep_warm = false);
  /// Stops everything; what is there stays.
  void close() { projections_.reset(); }
  /// The rows that a generation has on disk, read page by page. After close(). Errors: `corrupt`
  /// also if it is not at `seq`, or the view's own bookkeeping says something else.
  [[nodiscard]] Result<Outcome> outcome(const std::string& name, std::uint64_t generation,
                                        log::Seq seq) const;

 private:
  Engine(const log::WitnessLog& log, std::filesystem::path library)
      : log_(log), library_(std::move(library)) {}

  const log::WitnessLog& log_;
  std::filesystem::path library_;
  std::unique_ptr<projection::Projections> projections_;
};

/// How long anything here may take before it counts as hanging.
[[nodiscard]] std::chrono::steady_clock::time_point deadline();

/// Has the engine build a projection from the whole log. Timed from the command until queries see
/// the last event; before that the code is loaded and the empty view is made.
[[nodiscard]] Result<Folded> fold_by_engine(const log::WitnessLog& log,
                                            const std::filesystem::path& library,
                                            const std::string& projection,
                                            projection::Isolation* isolation = nullptr);

}  // namespace refold::bench
