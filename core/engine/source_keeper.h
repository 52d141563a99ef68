#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/config/config.h"
#include "core/engine/logging.h"
#include "core/ingest/sources.h"

namespace refold::engine {

/// What a source of the configuration is to core/ingest.
[[nodiscard]] ingest::SourceOptions source_options(const SourceConfig& config);

/// Looks after the sources for as long as the engine runs, on a thread of its own: has them be what
/// the configuration says, holds them while the disk is nearly full, writes a line when one pauses
/// or goes on. Any thread.
class SourceKeeper {
 public:
  /// How much of the disk is free for a folder; replaced in tests.
  using FreeBytes = std::function<std::uint64_t(const std::filesystem::path& folder)>;

  /// The sources outlive it.
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
               FreeBytes free_bytes, std::chrono::milliseconds pause);
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data);
  ~SourceKeeper();
  SourceKeeper(const SourceKeeper&) = delete;
  SourceKeeper& operator=(const SourceKeeper&) = delete;

  /// Adds, changes and removes sources until there are those of `wanted`. One that cannot be added
  /// costs a line.
  void configure(const std::vector<SourceConfig>& wanted, std::uint64_t disk_free_min);
  /// Why the engine is not ready, as far as sources go: a sentence each.
  [[nodiscard]] std::vector<std::string> trouble() const;

 private:
  void run();
  void look();
  void look_at_disk();
  void tell(const ingest::SourceStatus& status);
  void remove(const std::string& name);
  void change(const SourceConfig& before, const SourceConfig& now);
  void add(const SourceConfig& wanted);
  void note(const std::string& name, const Result<void>& done, const std::string& what);

  ingest::Sources& sources_;
  Logging& logging_;
  const std::filesystem::path data_;
  const FreeBytes free_bytes_;
  const std::chrono::milliseconds pause_;

  std::mutex configuring_;
  std::map<std::string, SourceConfig> configured_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t disk_free_min_ = 0;
  std::string held_;  ///< why; empty: they are not
  bool ending_ = false;

  std::map<std::string, std::string> states_;  ///< the own thread's
  std::thread thread_;
};

}  // namespace refold::engine
