#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/config/config.h"
#include "core/ingest/sources.h"

namespace refold::engine {

/// Why a source rests that was told to.
inline constexpr const char* paused_by_command = "by 'refold source pause'";

/// What a source of the configuration is to core/ingest.
[[nodiscard]] ingest::SourceOptions source_options(const SourceConfig& config);

// What is the same for an engine that runs and for one that does not.

/// `names`: of those that there are.
[[nodiscard]] Error no_such_source(const std::string& name, const std::vector<std::string>& names);
/// Whether it may come to `count` others. `taken`: one of them has its name. Errors: as
/// SourceCommands::add().
[[nodiscard]] Result<void> check_addition(const SourceConfig& wanted, bool taken,
                                          std::size_t count);

/// What `refold source` says, to an engine that runs (SourceKeeper) or to the next one
/// (RestingSources). It is so at once, and at the next start.
///
/// Errors name the source: `not_found` names those that there are; `busy` for a name that is taken;
/// `unsupported` for what only the configuration can change; those of ingest::Sources and of
/// writing the book, and then nothing has changed.
class SourceCommands {
 public:
  virtual ~SourceCommands() = default;
  [[nodiscard]] virtual Result<void> add(SourceConfig wanted) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> set_filter(const std::string& name,
                                                const std::vector<std::string>& collections,
                                                const std::vector<std::string>& dids) = 0;
  [[nodiscard]] virtual Result<void> pause(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> resume(const std::string& name) = 0;
  /// Where a paused source goes on; kept in the log.
  [[nodiscard]] virtual Result<void> set_cursor(const std::string& name, std::uint64_t cursor) = 0;
  [[nodiscard]] virtual Result<ingest::SourceStatus> status(const std::string& name) const = 0;
};

}  // namespace refold::engine
