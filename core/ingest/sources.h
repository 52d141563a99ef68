#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/ingest/source.h"

namespace refold::ingest {

inline constexpr std::size_t sources_max = 64;

/// The sources of an engine, by name. All methods may be called by any thread; those that change a
/// source wait until what it decoded is durable. Errors name the source: `not_found` for one that
/// there is not, otherwise those of Source.
class Sources {
 public:
  explicit Sources(SourceSite site) : site_(std::move(site)) {}
  /// Ends all of them, as stop().
  ~Sources() { stop(); }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  /// Errors: `invalid`; `busy` if the name is taken; `too_large` if there are too many;
  /// `closed` after stop().
  [[nodiscard]] Result<void> add(SourceOptions options);
  /// Its position stays in the log: one of the same name, kind and host goes on there.
  [[nodiscard]] Result<void> remove(std::string_view name);
  [[nodiscard]] Result<void> pause(std::string_view name, std::string why);
  [[nodiscard]] Result<void> resume(std::string_view name);
  [[nodiscard]] Result<void> set_filter(std::string_view name, log::Filter filter);
  [[nodiscard]] Result<void> set_cursor(std::string_view name, std::uint64_t cursor);

  /// Pauses all that are not paused, for a reason of the engine's (no room on the disk); release()
  /// resumes these, and no others. Those added meanwhile are held too.
  void hold(const std::string& why);
  void release();

  /// In the order of their names.
  [[nodiscard]] std::vector<SourceStatus> list() const;
  [[nodiscard]] Result<SourceStatus> status(std::string_view name) const;
  [[nodiscard]] Result<SourceOptions> options(std::string_view name) const;

  /// Ends all sources, each with what it decoded durable, at the same time. Idempotent.
  void stop();

 private:
  [[nodiscard]] Result<std::shared_ptr<Source>> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::shared_ptr<Source>> all() const;

  const SourceSite site_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Source>, std::less<>> sources_;
  std::set<std::string, std::less<>> held_;
  std::string hold_;  ///< why; empty: nothing is held
  bool stopped_ = false;
};

}  // namespace refold::ingest
