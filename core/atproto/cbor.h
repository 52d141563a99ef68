#pragma once

#include "core/atproto/cbor_reader.h"
#include "core/atproto/cbor_writer.h"
#include "core/base/result.h"

/// Strict DAG-CBOR, as the AT Protocol uses it (specs/data-model; DRISL): exactly one encoding for
/// each value, so that bytes, value and CID stand for one another.
///
/// Integers and lengths in their shortest form, from -2^63 to 2^64-1. Definite lengths only. Map
/// keys are texts, sorted by length and then bytewise, each once. Text is UTF-8. The only tag is
/// 42, a CID of version 1, dag-cbor or raw, SHA-256, behind a zero byte. No floating point, no
/// undefined, no other simple values than false, true and null.
namespace refold::atproto::cbor {

/// Checks that `bytes` is exactly one value in this encoding and within the limits.
/// Errors: `too_large` (over `bytes_max`) names the size and the limit; `invalid` names the byte
/// and the rule ("byte 17: integer 23 is not in its shortest form").
[[nodiscard]] Result<void> validate(ByteView bytes, Limits limits = {});

}  // namespace refold::atproto::cbor
