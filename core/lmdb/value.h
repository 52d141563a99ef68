#pragma once

#include <lmdb.h>

#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::lmdb {

[[nodiscard]] inline MDB_val to_value(ByteView bytes) noexcept {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}
[[nodiscard]] inline ByteView view_of(const MDB_val& value) noexcept {
  return {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size};
}

/// The Error of an LMDB code or errno: "WHAT: Permission denied". A full disk or map is `no_space`,
/// damage is `corrupt`, no reader slot is `busy`, no such file is `not_found`, everything else
/// `io`.
[[nodiscard]] Error lmdb_error(std::string_view what, int code);

/// Values of small databases, each with a checksum, because LMDB 0.9 has none: checksum:u64, value.
/// The checksum is seeded by the key, so that a value under another's key does not pass.

/// Returns the value that is stored as `stored` under `key`; it points into `stored`.
/// Errors: `corrupt` names `what` and both checksums.
[[nodiscard]] Result<ByteView> open_value(std::string_view what, ByteView key, ByteView stored);

/// Returns the value under `key`, valid as long as the transaction; none if there is none.
[[nodiscard]] Result<std::optional<ByteView>> get_value(MDB_txn* txn, MDB_dbi database,
                                                        std::string_view what, ByteView key);

/// Stores a value. Returns LMDB's code.
[[nodiscard]] int put_value(MDB_txn* txn, MDB_dbi database, ByteView key, ByteView value);

}  // namespace refold::lmdb
