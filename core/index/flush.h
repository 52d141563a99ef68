#pragma once

#include "core/base/result.h"
#include "core/index/overlay.h"
#include "core/index/rows.h"
#include "core/index/store.h"

namespace refold::index {

/// Writes the changes and the checkpoint in one synced transaction, in key order. All or nothing.
/// The table `missing` follows from the heads.
[[nodiscard]] Result<void> write_changes(Store& store, const Overlay& changes,
                                         const Checkpoint& checkpoint);

/// The one key of the table `meta`.
[[nodiscard]] inline ByteView checkpoint_key() noexcept { return bytes_of("checkpoint"); }

}  // namespace refold::index
