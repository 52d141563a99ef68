#include "core/lmdb/value.h"

#include <cerrno>
#include <string>

#include "core/base/digest.h"

namespace refold::lmdb {
namespace {

constexpr std::size_t checksum_bytes = 8;

std::uint64_t checksum_of(ByteView key, ByteView value) noexcept {
  return checksum(value, checksum(key));
}

Errc errc_of(int code) noexcept {
  switch (code) {
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Errc::no_space;
    case MDB_READERS_FULL: return Errc::busy;
    case ENOENT: return Errc::not_found;
    case MDB_KEYEXIST:  // a row behind the last one
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH: return Errc::corrupt;
    default: return Errc::io;
  }
}

}  // namespace

Error lmdb_error(std::string_view what, int code) {
  return {errc_of(code), std::string(what) + ": " + mdb_strerror(code)};
}

Result<ByteView> open_value(std::string_view what, ByteView key, ByteView stored) {
  if (stored.size() < checksum_bytes) {
    return Error{Errc::corrupt, std::string(what) + ": it is too short to be a value"};
  }
  const ByteView value = stored.subspan(checksum_bytes);
  const auto expected = load_le<std::uint64_t>(stored.data());
  const std::uint64_t found = checksum_of(key, value);
  if (expected == found) return value;
  return Error{Errc::corrupt, std::string(what) + ": " + mismatch_text(expected, found)};
}

Result<std::optional<ByteView>> get_value(MDB_txn* txn, MDB_dbi database, std::string_view what,
                                          ByteView key) {
  MDB_val name = to_value(key);
  MDB_val stored;
  const int code = mdb_get(txn, database, &name, &stored);
  if (code == MDB_NOTFOUND) return std::optional<ByteView>{};
  if (code != 0) return lmdb_error("cannot read " + std::string(what), code);
  REFOLD_TRY(const ByteView value, open_value(what, key, view_of(stored)));
  return std::optional<ByteView>{value};
}

int put_value(MDB_txn* txn, MDB_dbi database, ByteView key, ByteView value) {
  MDB_val name = to_value(key);
  MDB_val stored{checksum_bytes + value.size(), nullptr};
  const int code = mdb_put(txn, database, &name, &stored, MDB_RESERVE);
  if (code != 0) return code;
  auto* const to = static_cast<std::uint8_t*>(stored.mv_data);
  store_le(to, checksum_of(key, value));
  if (!value.empty()) std::memcpy(to + checksum_bytes, value.data(), value.size());
  return 0;
}

}  // namespace refold::lmdb
