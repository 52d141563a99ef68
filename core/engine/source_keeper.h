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
#include "core/engine/source_book.h"
#include "core/ingest/sources.h"

namespace refold::engine {

/// Why a source rests that was told to.
inline constexpr const char* paused_by_command = "by 'refold source pause'";

/// What a source of the configuration is to core/ingest.
[[nodiscard]] ingest::SourceOptions source_options(const SourceConfig& config);

/// Looks after the sources for as long as the engine runs, on a thread of its own: has them be what
/// the configuration and commands say, holds them while the disk is nearly full, writes a line when
/// one pauses or goes on. Any thread.
class SourceKeeper {
 public:
  /// How much of the disk is free for a folder; replaced in tests.
  using FreeBytes = std::function<std::uint64_t(const std::filesystem::path& folder)>;

  /// `book`: what commands have said before, of the data directory `data`. The sources outlive it.
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
               SourceBook book, FreeBytes free_bytes, std::chrono::milliseconds pause);
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
               SourceBook book);
  ~SourceKeeper();
  SourceKeeper(const SourceKeeper&) = delete;
  SourceKeeper& operator=(const SourceKeeper&) = delete;

  /// Adds, changes and removes sources until there are those of the configuration and of the book.
  /// One that cannot be added costs a line; where both have one of a name, it is the
  /// configuration's.
  void configure(const Config& config);

  /// What commands say. It is so at once, and at the next start. Errors name the source:
  /// `not_found` names those that there are; `unsupported` for what only the configuration can
  /// change; those of ingest::Sources and of writing the book, and then nothing has changed.
  [[nodiscard]] Result<void> add(SourceConfig wanted);
  [[nodiscard]] Result<void> remove(const std::string& name);
  [[nodiscard]] Result<void> set_filter(const std::string& name,
                                        const std::vector<std::string>& collections,
                                        const std::vector<std::string>& dids);
  [[nodiscard]] Result<void> pause(const std::string& name);
  [[nodiscard]] Result<void> resume(const std::string& name);
  /// Where a paused source goes on; kept in the log.
  [[nodiscard]] Result<void> set_cursor(const std::string& name, std::uint64_t cursor);
  [[nodiscard]] Result<ingest::SourceStatus> status(const std::string& name) const;
  /// In the order of their names.
  [[nodiscard]] std::vector<ingest::SourceStatus> list() const { return sources_.list(); }

  /// Why the engine is not ready, as far as sources go: a sentence each.
  [[nodiscard]] std::vector<std::string> trouble() const;
  /// Which sources have lost events, and what helps: what is to come does not depend on it.
  [[nodiscard]] std::vector<std::string> losses() const;

 private:
  void run();
  void look();
  void look_at_disk();
  void tell(const ingest::SourceStatus& status);
  void drop(const std::string& name);
  void change(const SourceConfig& before, const SourceConfig& now);
  void begin(const SourceConfig& wanted);
  void give_way(const std::map<std::string, SourceConfig>& configured);
  void forget_pauses();
  [[nodiscard]] ingest::SourceOptions options_for(const SourceConfig& config) const;
  [[nodiscard]] Result<void> keep(SourceBook book);
  [[nodiscard]] Result<SourceConfig> own(const std::string& name, const std::string& verb) const;
  [[nodiscard]] Error unknown(const std::string& name) const;
  void note(const std::string& name, const Result<void>& done, const std::string& what);

  ingest::Sources& sources_;
  Logging& logging_;
  const std::filesystem::path data_;
  const FreeBytes free_bytes_;
  const std::chrono::milliseconds pause_;

  mutable std::mutex changing_;  ///< one change at a time
  std::map<std::string, SourceConfig> configured_;
  std::filesystem::path file_;  ///< that these are in
  SourceBook book_;
  bool begun_ = false;  ///< those of the book are

  std::mutex disk_;  ///< one look at a time
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t disk_free_min_ = 0;
  std::string held_;  ///< why; empty: they are not
  bool ending_ = false;

  std::map<std::string, std::string> states_;  ///< the own thread's
  std::thread thread_;
};

}  // namespace refold::engine
