#pragma once

#include "core/base/result.h"
#include "core/index/overlay.h"
#include "core/index/rows.h"
#include "core/index/store.h"

namespace refold::index {

/// Writes the changes in key order, in synced transactions of at most `slice_rows` rows each, and
/// in the last of them the checkpoint. What a crash leaves of it is an index that is ahead of its
/// checkpoint in some rows: the events from there on, folded once more, make it whole (see Fold).
/// The table `missing` follows from the heads.
[[nodiscard]] Result<void> write_changes(Store& store, const Overlay& changes,
                                         const Checkpoint& checkpoint, std::size_t slice_rows);

/// The keys of the table `meta`: how far all rows have come; how far some of them may have.
[[nodiscard]] inline ByteView checkpoint_key() noexcept { return bytes_of("checkpoint"); }
[[nodiscard]] inline ByteView goal_key() noexcept { return bytes_of("goal"); }

}  // namespace refold::index
