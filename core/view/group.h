#pragma once

#include <lmdb.h>

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/row.h"
#include "core/view/stored_key.h"

namespace refold::view {

/// Rows with long keys that share their first 472 bytes: LMDB has them side by side, but in the
/// order of hashes. Views point into the map.
struct Group {
  std::uint32_t table = 0;
  Bytes prefix;
  std::vector<KeyAndRow> rows;  ///< in the order of the keys
  bool complete = true;         ///< no row of the range is missing
};

/// Rows of a group that are in memory at a time. Keys come from the network: somebody may make a
/// million of them that begin alike.
inline constexpr std::size_t group_rows_max = std::size_t{1} << 14;

[[nodiscard]] bool in_range(ByteView key, const Range& range) noexcept;

/// Fills `to.rows` with rows of the group of `to.prefix` that are in the range; if they are too
/// many, with those that come first (last, if backwards), and it is not complete. Leaves the cursor
/// anywhere. Returns LMDB's code; MDB_CORRUPTED for a row that no view wrote.
[[nodiscard]] int load(MDB_cursor* cursor, const Range& range, Group& to);

}  // namespace refold::view
