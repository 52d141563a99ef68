#pragma once

#include <filesystem>
#include <string_view>

#include "core/index/keys.h"
#include "core/index/store.h"

namespace refold::index {

/// Flips a bit in the row of a record's head. The index of `data` is not open.
inline void damage_head(const std::filesystem::path& data, std::string_view did,
                        std::string_view collection, std::string_view rkey) {
  const auto store =
      Store::open(data / "index" / "index.mdb", std::size_t{1} << 30, Store::Access::write).value();
  const RecordKey key = record_key(did, collection, rkey);
  auto changes = Store::Update::begin(*store).value();
  const ByteView row = changes.get(Table::heads, key).value().value();
  Bytes flipped(row.begin(), row.end());
  flipped[20] ^= 1;
  changes.put(Table::heads, key, flipped).value();
  changes.commit().value();
}

}  // namespace refold::index
