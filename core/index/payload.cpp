#include "core/index/payload.h"

#include "core/atproto/cbor.h"
#include "core/log/limits.h"

namespace refold::index {

using log::Missing;

Missing check_payload(ByteView record, const atproto::Cid& cid) noexcept {
  if (record.empty()) return Missing::not_sent;
  if (record.size() > log::record_bytes_max) return Missing::too_large;
  if (cid != atproto::cid_of(record)) return Missing::cid_mismatch;
  atproto::cbor::Reader reader(record);
  atproto::cbor::Item first;
  if (!reader.next(first) || first.type != atproto::cbor::Type::map) return Missing::not_data_model;
  atproto::cbor::Item item;
  while (reader.next(item)) {
  }
  return reader.finished() && reader.rest().empty() ? Missing::no : Missing::not_data_model;
}

}  // namespace refold::index
