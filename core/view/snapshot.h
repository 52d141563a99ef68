#pragma once

#include <memory>

#include "core/view/batch.h"
#include "core/view/view.h"

namespace refold::view {

/// One moment of a view: the rows and the checkpoint of one commit.
///
/// One thread at a time. While it is open, pages that later commits free stay taken: close it soon,
/// and never wait for anything with it open.
class Snapshot {
 public:
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

  /// Counts and digests recomputed from the rows, to compare with stat(). Errors: `corrupt` names
  /// table and key.
  [[nodiscard]] Result<std::vector<TableStat>> recount() const;

 private:
  struct State;
  explicit Snapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace refold::view
