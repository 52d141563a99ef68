#pragma once

#include <optional>
#include <string_view>

#include "core/lmdb/value.h"

namespace refold::log {

using lmdb::lmdb_error;
using lmdb::put_value;
using lmdb::to_value;
using lmdb::view_of;

/// lmdb::open_value and lmdb::get_value, for values of the log's databases (cursors, marks,
/// segments, meta): the Error of a damaged one says what to do.
[[nodiscard]] Result<ByteView> open_value(std::string_view what, ByteView key, ByteView stored);
[[nodiscard]] Result<std::optional<ByteView>> get_value(MDB_txn* txn, MDB_dbi database,
                                                        std::string_view what, ByteView key);

}  // namespace refold::log
