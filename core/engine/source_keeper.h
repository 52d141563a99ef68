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
#include "core/engine/source_commands.h"
#include "core/ingest/sources.h"

namespace refold::engine {

/// Looks after the sources for as long as the engine runs, on a thread of its own: has them be what
/// the configuration and commands say, holds them while the disk is nearly full, writes a line when
/// one pauses or goes on. Any thread.
class SourceKeeper final : public SourceCommands {
 public:
  /// How much of the disk is free for a folder; replaced in tests.
  using FreeBytes = std::function<std::uint64_t(const std::filesystem::path& folder)>;

  /// `book`: what commands have said before, of the data directory `data`. The sources outlive it.
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
               SourceBook book, FreeBytes free_bytes, std::chrono::milliseconds pause);
  SourceKeeper(ingest::Sources& sources, Logging& logging, std::filesystem::path data,
               SourceBook book);
  ~SourceKeeper() override;
  SourceKeeper(const SourceKeeper&) = delete;
  SourceKeeper& operator=(const SourceKeeper&) = delete;

  /// Adds, changes and removes sources until there are those of the configuration and of the book.
  /// Where both have one of a name, it is the configuration's. One that cannot be had costs a line,
  /// is listed as paused with the reason, and is tried again at the next call. Returns a line for
  /// each of those.
  std::vector<std::string> configure(const Config& config);

  // As SourceCommands; status() knows only those that run.
  [[nodiscard]] Result<void> add(SourceConfig wanted) override;
  [[nodiscard]] Result<void> remove(const std::string& name) override;
  [[nodiscard]] Result<void> set_filter(const std::string& name,
                                        const std::vector<std::string>& collections,
                                        const std::vector<std::string>& dids) override;
  [[nodiscard]] Result<void> pause(const std::string& name) override;
  [[nodiscard]] Result<void> resume(const std::string& name) override;
  [[nodiscard]] Result<void> set_cursor(const std::string& name, std::uint64_t cursor) override;
  [[nodiscard]] Result<ingest::SourceStatus> status(const std::string& name) const override;
  /// In the order of their names.
  [[nodiscard]] std::vector<ingest::SourceStatus> list() const;

  /// Why nothing should be brought into the log now; empty: it may be.
  [[nodiscard]] std::string held() const;
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
  void fail(const SourceConfig& wanted, const Error& error);
  void forget_failure(const std::string& name);
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

  std::mutex disk_;  ///< one look at a time
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t disk_free_min_ = 0;
  std::string held_;                                    ///< why; empty: they are not
  std::map<std::string, ingest::SourceStatus> failed_;  ///< those that there are to be, and are not
  bool ending_ = false;

  std::map<std::string, std::string> states_;  ///< the own thread's
  std::thread thread_;
};

}  // namespace refold::engine
