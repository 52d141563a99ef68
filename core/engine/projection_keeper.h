#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/config/config.h"
#include "core/engine/logging.h"
#include "core/engine/plugin_folder.h"
#include "core/index/recorder.h"
#include "core/projection/projections.h"

namespace refold::engine {

/// Looks after the projections for as long as the engine runs, on a thread of its own: has those
/// of the configuration loaded, or brought up to it, and those of the plugins in a folder, if it is
/// given one; writes a line when one fails, stands still or goes on; tries again where the
/// configuration says so.
///
/// An entry of the configuration is brought about once, and again when it, or its plugin's file, is
/// another one: what commands have made of a projection since holds, over restarts, too. Which one
/// was brought about is kept as a mark of the log.
///
/// What cannot be loaded costs a line, and nothing else: what was there before goes on.
class ProjectionKeeper {
 public:
  using Clock = std::chrono::steady_clock;
  struct Pauses {
    std::chrono::milliseconds look{1'000};
    std::chrono::milliseconds retry{10'000};  ///< each twice as long as the one before
    std::chrono::milliseconds retry_max{600'000};
    std::chrono::milliseconds rest{1'000};  ///< of a file in the folder, before it is taken
  };

  ProjectionKeeper(projection::Projections& projections, index::Recorder& recorder,
                   Logging& logging, Pauses pauses);
  ProjectionKeeper(projection::Projections& projections, index::Recorder& recorder,
                   Logging& logging)
      : ProjectionKeeper(projections, recorder, logging, Pauses{}) {}
  /// Waits for what it is doing.
  ~ProjectionKeeper();
  ProjectionKeeper(const ProjectionKeeper&) = delete;
  ProjectionKeeper& operator=(const ProjectionKeeper&) = delete;

  /// What there is to be, from now on, and in which folder plugins arrive (empty: none). Returns at
  /// once. Any thread.
  void configure(std::vector<ProjectionConfig> wanted, std::filesystem::path folder = {});
  /// Whether everything that configure() was given has been tried. Any thread.
  [[nodiscard]] bool settled() const;

 private:
  struct Seen {
    std::string state;
    std::chrono::milliseconds pause{};
    Clock::time_point retry_at{};
  };

  struct Given {
    std::vector<ProjectionConfig> wanted;
    std::filesystem::path folder;
  };

  void run();
  void take_up(Given given);
  void bring_about(const ProjectionConfig& wanted);
  [[nodiscard]] Result<projection::Done> load(const ProjectionConfig& wanted);
  [[nodiscard]] Result<projection::Done> change(projection::Supervisor& supervisor,
                                                const ProjectionConfig& wanted);
  [[nodiscard]] Result<void> keep_demand(const std::string& name, const std::string& demand);
  void look_at_folder();
  void take(const PluginFolder::Arrival& arrival);
  void take_offered(const PluginFolder::Arrival& arrival, const projection::PluginRecord& library,
                    const std::string& projection);
  void tell_of_folder(const Result<projection::Done>& done, const std::filesystem::path& file);
  void look();
  void look_at(const std::string& name, projection::Supervisor& supervisor);
  void tell(const projection::ProjectionStatus& status, Seen& seen);
  void retry(const std::string& name, projection::Supervisor& supervisor, Seen& seen);
  [[nodiscard]] bool ending() const;

  projection::Projections& projections_;
  index::Recorder& recorder_;
  Logging& logging_;
  const Pauses pauses_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Given> given_;  ///< and not yet taken up
  bool busy_ = false;
  bool ending_ = false;

  // The own thread's.
  std::vector<ProjectionConfig> wanted_;
  PluginFolder folder_;
  bool folder_told_ = false;  ///< that it cannot be read
  std::map<std::string, OnFailure> on_failure_;
  std::map<std::string, Seen> seen_;

  std::thread thread_;
};

}  // namespace refold::engine
