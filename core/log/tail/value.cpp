#include "core/log/tail/value.h"

#include <utility>

#include "core/log/damage.h"

namespace refold::log {
namespace {

template <class T>
Result<T> with_remedy(Result<T> read) {
  if (read.has_value() || read.error().code != Errc::corrupt) return read;
  Error damage = std::move(read).error();
  return Error{damage.code, damage.message.append(remedy)};
}

}  // namespace

Result<ByteView> open_value(std::string_view what, ByteView key, ByteView stored) {
  return with_remedy(lmdb::open_value(what, key, stored));
}

Result<std::optional<ByteView>> get_value(MDB_txn* txn, MDB_dbi database, std::string_view what,
                                          ByteView key) {
  return with_remedy(lmdb::get_value(txn, database, what, key));
}

}  // namespace refold::log
