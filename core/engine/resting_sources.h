#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/lock.h"
#include "core/engine/source_book.h"
#include "core/engine/source_commands.h"

namespace refold::engine {

/// The sources of a data directory that no engine has: commands change the book and the positions
/// in the log, and the next engine goes by them. Nobody else writes there meanwhile, until
/// set_cursor(), which is the last thing done with it. One thread.
class RestingSources final : public SourceCommands {
 public:
  /// `configured`: those of the configuration. Errors: `busy` names the process that writes the
  /// log; those of reading the book.
  [[nodiscard]] static Result<std::unique_ptr<RestingSources>> open(
      const std::filesystem::path& data, std::vector<SourceConfig> configured);

  [[nodiscard]] Result<void> add(SourceConfig wanted) override;
  [[nodiscard]] Result<void> remove(const std::string& name) override;
  [[nodiscard]] Result<void> set_filter(const std::string& name,
                                        const std::vector<std::string>& collections,
                                        const std::vector<std::string>& dids) override;
  [[nodiscard]] Result<void> pause(const std::string& name) override;
  [[nodiscard]] Result<void> resume(const std::string& name) override;
  [[nodiscard]] Result<void> set_cursor(const std::string& name, std::uint64_t cursor) override;
  /// As it is at rest: what it is to follow, and nothing that it has done.
  [[nodiscard]] Result<ingest::SourceStatus> status(const std::string& name) const override;

 private:
  RestingSources(std::filesystem::path data, std::vector<SourceConfig> configured, SourceBook book,
                 WriterLock lock)
      : data_(std::move(data)),
        configured_(std::move(configured)),
        book_(std::move(book)),
        lock_(std::move(lock)) {}
  [[nodiscard]] const SourceConfig* find(const std::string& name) const;
  [[nodiscard]] Result<void> keep(SourceBook book);
  /// Errors: as SourceCommands, for one that a command may not change.
  [[nodiscard]] Result<void> check_own(const std::string& name, const std::string& verb) const;
  [[nodiscard]] Error unknown(const std::string& name) const;

  const std::filesystem::path data_;
  const std::vector<SourceConfig> configured_;
  SourceBook book_;
  std::optional<WriterLock> lock_;
};

}  // namespace refold::engine
