#pragma once

#include <memory>

#include "core/view/row.h"
#include "core/view/view.h"

namespace refold::view {

class Rows;

/// One moment of a view: the rows and the checkpoint of one commit.
///
/// One thread at a time. While it is open, pages that later commits free stay taken: close it soon,
/// and never wait for anything with it open. After a failed commit it keeps the writer waiting.
class Snapshot {
 public:
  /// Errors: `busy` if all reader slots are taken; `corrupt`, `io`.
  [[nodiscard]] static Result<Snapshot> open(const View& view);
  ~Snapshot();
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;

  [[nodiscard]] const Checkpoint& checkpoint() const noexcept;
  [[nodiscard]] const ViewStat& stat() const noexcept;

  /// As in Batch; views are valid as long as the snapshot.
  [[nodiscard]] Row get(std::uint32_t table, ByteView key, ByteView& row) const;
  [[nodiscard]] Row scan(std::uint32_t table, const Range& range, const Visitor& visit) const;
  [[nodiscard]] const Error& error() const noexcept;

  /// Counts and digests recomputed from the rows, to compare with stat(). Reads the file page by
  /// page, and believes nothing of what it finds there. Errors: `corrupt` names the table and where
  /// in it, by the key before; `busy`: two commits have come since this snapshot was opened, open
  /// another one; `io`.
  [[nodiscard]] Result<std::vector<TableStat>> recount() const;

  /// The rows themselves, for the parts of this folder.
  [[nodiscard]] Rows& rows() const noexcept;

 private:
  struct State;
  explicit Snapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace refold::view
