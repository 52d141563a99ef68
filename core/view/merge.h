#pragma once

#include <span>

#include "core/base/result.h"
#include "core/view/changes.h"
#include "core/view/environment.h"
#include "core/view/view.h"

namespace refold::view {

/// Writes changes of one table, in the order of their keys, and keeps its count and digest. Rows
/// that are already as they should be are left alone. Errors: those of the transaction, which is
/// then over; `corrupt` if the count does not fit the rows.
[[nodiscard]] Result<void> merge(WriteTxn& txn, MDB_dbi database,
                                 std::span<const Entry* const> changes, TableStat& stat);

}  // namespace refold::view
