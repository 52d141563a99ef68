#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::bench {

/// Where a fold that is written by hand keeps its rows, with its position in the log. One thread.
class RowStore {
 public:
  /// A row of a batch, as it is to be from now on.
  struct Change {
    std::string_view key;
    const std::string* row;  ///< null: it is gone
  };

  RowStore() = default;
  virtual ~RowStore() = default;
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  /// False if there is none.
  [[nodiscard]] virtual Result<bool> read(std::string_view key, std::string& row) = 0;
  /// Makes rows and position durable together. The changes are in the order of their keys.
  [[nodiscard]] virtual Result<void> commit(std::span<const Change> changes, log::Seq seq) = 0;
  /// The position of the last commit.
  [[nodiscard]] virtual Result<log::Seq> position() = 0;
  /// Every row.
  using Visitor = std::function<void(std::string_view key, std::string_view row)>;
  [[nodiscard]] virtual Result<void> visit(const Visitor& visitor) = 0;
};

/// In a folder that does not exist.
[[nodiscard]] Result<std::unique_ptr<RowStore>> create_rocksdb_rows(
    const std::filesystem::path& folder);
[[nodiscard]] Result<std::unique_ptr<RowStore>> create_sqlite_rows(
    const std::filesystem::path& folder);

}  // namespace refold::bench
