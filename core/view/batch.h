#pragma once

#include <memory>

#include "core/view/row.h"
#include "core/view/view.h"

namespace refold::view {

/// Changes on top of a view's last commit, collected in memory and merged in the order of their
/// keys when they are committed.
///
/// One thread. At most one at a time per view, which was opened to be written. Dropping it drops
/// what was not committed. Reads see its own writes. Rows handed out are valid until the next put()
/// or remove(), commit() or discard(); they may be handed to those.
class Batch {
 public:
  explicit Batch(View& view);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// `failed`: no such table (`invalid`), key or row out of bounds (`invalid`, `too_large`),
  /// `corrupt`, `io`.
  [[nodiscard]] Row get(std::uint32_t table, ByteView key, ByteView& row);
  [[nodiscard]] Row put(std::uint32_t table, ByteView key, ByteView row);  ///< `found`: written
  [[nodiscard]] Row remove(std::uint32_t table, ByteView key);  ///< `found`, also if there was none
  /// `found`: to the end, or until the visitor had enough. The visitor may get() and scan(), not
  /// write.
  [[nodiscard]] Row scan(std::uint32_t table, const Range& range, const Visitor& visit);
  /// Why the last call failed.
  [[nodiscard]] const Error& error() const noexcept;

  /// Memory that uncommitted changes take.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Makes the changes and the checkpoint durable together; the batch is then empty, and may be
  /// used again. Errors: `no_space`, `io`, `corrupt`; `busy` if snapshots of this process stay open
  /// for a second when the environment must be opened anew, because its state is in doubt. Then
  /// the changes are still in the batch, and commit() may be called again; it may be there all the
  /// same, and then the second one changes nothing. Whoever drops the batch instead goes on from
  /// View::checkpoint(). `corrupt` also if the disk has lost the commit before, which it had
  /// confirmed: then only dropping it helps.
  [[nodiscard]] Result<void> commit(const Checkpoint& checkpoint);
  /// As commit(), on a thread of its own: returns at once, and this collects further changes on
  /// top. Reads go on to see all of them. Finishes the one before first; its Error is returned.
  /// bytes() does not count what is being written.
  [[nodiscard]] Result<void> begin_commit(Checkpoint checkpoint);
  /// Waits for what was begun. ok() if there is nothing. Errors: those of commit(); called again,
  /// it tries again. commit() and begin_commit() begin with this.
  [[nodiscard]] Result<void> finish();
  /// Whether finish() would return ok() at once.
  [[nodiscard]] bool finished() const noexcept;

  /// Drops all uncommitted changes. What was begun and has not failed by then is committed all the
  /// same.
  void discard();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::view
