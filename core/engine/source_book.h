#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/config/config.h"

namespace refold::engine {

/// What commands have said of the sources, and the next start goes by: those that were added beside
/// the configuration's, and which rest. Kept in a file of the data directory, in the form of
/// refold.toml. Pure data; whoever has it writes it.
struct SourceBook {
  std::vector<SourceConfig> sources{};
  std::set<std::string> paused{};  ///< names; also of sources of the configuration
  friend bool operator==(const SourceBook&, const SourceBook&) = default;

  [[nodiscard]] const SourceConfig* find(const std::string& name) const;
  [[nodiscard]] SourceConfig* find(const std::string& name);
};

/// The file, in a data directory.
[[nodiscard]] std::filesystem::path source_book_file(const std::filesystem::path& data);

/// Empty if there is no such file. Errors: `invalid` has every problem on a line of its own; those
/// of reading it.
[[nodiscard]] Result<SourceBook> read_source_book(const std::filesystem::path& data);
/// Durable when it returns; after an error the file is as it was. Errors: `io`, `no_space`,
/// `too_large`.
[[nodiscard]] Result<void> write_source_book(const std::filesystem::path& data,
                                             const SourceBook& book);

/// Whether this could stand in a configuration. Errors: `invalid` has a line for each key that is
/// wrong.
[[nodiscard]] Result<void> check(const SourceConfig& source);

}  // namespace refold::engine
