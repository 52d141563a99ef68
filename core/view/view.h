#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/view/checkpoint.h"
#include "core/view/digest.h"

namespace refold::view {

struct ViewOptions {
  std::size_t map_bytes = std::size_t{64} << 30;  ///< address space; the view's maximum size
};

inline constexpr std::size_t tables_max = 128;
inline constexpr std::size_t table_name_bytes_max = 63;

/// What a table holds.
struct TableStat {
  std::string name;
  std::uint64_t rows = 0;
  Digest digest;  ///< of all rows, whatever order they came in
  friend bool operator==(const TableStat&, const TableStat&) = default;
};

struct ViewStat {
  std::vector<TableStat> tables;
  std::uint64_t bytes = 0;       ///< pages in use
  std::uint64_t file_bytes = 0;  ///< of the file; it never shrinks
};

/// The derived tables of one generation of one projection, and its checkpoint: one LMDB environment
/// in a folder of its own (docs/decisions/).
///
/// Rows, counts, digests and checkpoint commit in one transaction. A power failure may take back
/// the last commits, never a part of one: the log has those events still. One process writes, by
/// one Batch at a time; any number of threads and processes read snapshots meanwhile. At most one
/// View per folder and process. Outlives its batches and snapshots.
class View {
 public:
  /// Creates the folder (0700) with empty tables and `checkpoint`, and opens it to write. What a
  /// crash has left of a view in the making is made anew. Errors: `invalid` if there is a view or
  /// anything else in the folder, or for the names of the tables; `busy`, `no_space`, `io`.
  [[nodiscard]] static Result<std::unique_ptr<View>> create(const std::filesystem::path& folder,
                                                            std::vector<std::string> tables,
                                                            const Checkpoint& checkpoint,
                                                            const ViewOptions& options = {});
  /// Errors: `not_found`, `newer_format`, `corrupt`, `io`; `busy` if another process writes (its
  /// pid is named) or this one has it open.
  [[nodiscard]] static Result<std::unique_ptr<View>> open_writer(
      const std::filesystem::path& folder, const ViewOptions& options = {});
  /// Beside a writer in another process, if there is one. Errors: as open_writer().
  [[nodiscard]] static Result<std::unique_ptr<View>> open_reader(
      const std::filesystem::path& folder, const ViewOptions& options = {});
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const noexcept;
  /// Names, by the index that batches and snapshots take.
  [[nodiscard]] const std::vector<std::string>& tables() const noexcept;
  /// As it was opened with.
  [[nodiscard]] std::size_t map_bytes() const noexcept;

  /// As of the last commit. Any thread. Errors: `corrupt`, `io`.
  [[nodiscard]] Result<Checkpoint> checkpoint() const;
  [[nodiscard]] Result<ViewStat> stat() const;

  struct Impl;
  [[nodiscard]] Impl& impl() const noexcept { return *impl_; }

 private:
  explicit View(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Deletes a view and its folder; that there is none is no error. Snapshots in other processes go
/// on. After a crash in between, call it again. Errors: `busy` if a process writes to it or this
/// one has it open, then nothing was touched; `invalid` if there is anything else in the folder,
/// which stays; `io`.
[[nodiscard]] Result<void> remove_view(const std::filesystem::path& folder);

}  // namespace refold::view
