#pragma once

#include <lmdb.h>

#include <filesystem>
#include <vector>

#include "core/base/result.h"
#include "core/view/checkpoint.h"
#include "core/view/view.h"

namespace refold::view {

/// The database `meta` of a view: the format version, what each table holds, and the checkpoint,
/// each with a checksum. Every commit writes the latter two.
inline constexpr std::uint32_t view_format_version = 1;

/// The name of a table's database: no table is called as `meta` is.
[[nodiscard]] inline std::string database_of(std::string_view table) {
  return "table." + std::string(table);
}

/// Errors: `newer_format` names both versions; `corrupt`.
[[nodiscard]] Result<void> check_format(MDB_txn* txn, MDB_dbi meta,
                                        const std::filesystem::path& file);
/// Errors: `corrupt`, `newer_format`, `io`.
[[nodiscard]] Result<std::vector<TableStat>> read_tables(MDB_txn* txn, MDB_dbi meta,
                                                         const std::filesystem::path& file);
[[nodiscard]] Result<Checkpoint> read_checkpoint(MDB_txn* txn, MDB_dbi meta,
                                                 const std::filesystem::path& file);

/// These return LMDB's code.
[[nodiscard]] int write_format(MDB_txn* txn, MDB_dbi meta);
[[nodiscard]] int write_meta(MDB_txn* txn, MDB_dbi meta, const std::vector<TableStat>& tables,
                             const Checkpoint& checkpoint);

}  // namespace refold::view
