#pragma once

#include <functional>
#include <memory>

#include "core/view/view.h"

namespace refold::view {

/// The outcome of one call on rows: small, because there are millions a second. After `failed`,
/// error() tells more.
enum class Row : std::uint8_t { found, none, failed };

/// Keys a scan visits: from `from` on (empty: the first), below `until` (empty: to the last).
struct Range {
  ByteView from;
  ByteView until;
  bool backwards = false;
};

/// Told each row; returns false to end the scan. Views are valid during the call.
using Visitor = std::function<bool(ByteView key, ByteView row)>;

inline constexpr std::size_t key_bytes_max = 8192;
inline constexpr std::size_t row_bytes_max = std::size_t{2} << 20;

/// Changes on top of a view's last commit, collected in memory and merged in the order of their
/// keys when they are committed.
///
/// One thread. At most one at a time per view. Dropping it drops what was not committed. Reads see
/// its own writes. Rows handed out are valid until the next put() or remove(), or commit().
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
  /// The visitor may get(), not write.
  [[nodiscard]] Row scan(std::uint32_t table, const Range& range, const Visitor& visit);
  /// Why the last call failed.
  [[nodiscard]] const Error& error() const noexcept;

  /// Memory that uncommitted changes take.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Makes the changes and the checkpoint durable together; the batch is then empty, and may be
  /// used again. Errors: `no_space`, `io`, `corrupt`: nothing of it is there, the changes are still
  /// in the batch, and commit() may be called again (the environment was opened anew if its state
  /// was in doubt).
  [[nodiscard]] Result<void> commit(const Checkpoint& checkpoint);
  /// Drops all uncommitted changes.
  void discard();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace refold::view
