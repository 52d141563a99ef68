#pragma once

#include "core/atproto/cid.h"
#include "core/base/bytes.h"
#include "core/log/event.h"

namespace refold::index {

/// Why the log must not keep `record` as the payload that `cid` names: too large, another hash, not
/// DAG-CBOR of the data model, or not there at all. `no`: it may.
[[nodiscard]] log::Missing check_payload(ByteView record, const atproto::Cid& cid) noexcept;

}  // namespace refold::index
