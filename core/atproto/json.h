#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

/// Records in JSON and in DAG-CBOR, one to one (docs/data-model.md tells every outcome;
/// specs/data-model).
///
/// A record is an object. A link is `{"$link": "bafy..."}`, bytes are `{"$bytes": "base64"}`, and
/// neither has other keys beside it. A `$type` is a text that is not empty, and a blob
/// (`"$type": "blob"`) has a `ref` (link), a `mimeType` (text) and a `size` (integer). All
/// functions may be called by any number of threads at once.
namespace refold::atproto {

/// The most bytes of a JSON text that is read: a record whose every byte is escaped ("\u0000"), and
/// white space to spare.
constexpr std::size_t json_bytes_max = std::size_t{8} << 20;

/// The canonical DAG-CBOR of a record in JSON. The CID decides whether it is what the author
/// signed.
///
/// Errors: `invalid` names the place, the value and the rule ("subject.cid: ..."); `too_large`
/// names the size and the limit (json_bytes_max, record_bytes_max, cbor::depth_max).
[[nodiscard]] Result<Bytes> cbor_from_json(std::string_view text);

/// The same for a value inside a document that simdjson has parsed already.
[[nodiscard]] Result<Bytes> cbor_from_json(const simdjson::dom::element& record);

/// The JSON of a record in DAG-CBOR: compact, keys in the order of the CBOR, `$bytes` without
/// padding. cbor_from_json turns it back into the very same bytes.
///
/// Errors: `invalid` names the byte and the rule, or the key and the rule; `too_large` as above.
[[nodiscard]] Result<std::string> json_from_cbor(ByteView record);

/// The same, appended to `out`; on an error `out` is as it was.
[[nodiscard]] Result<void> append_json(ByteView record, std::string& out);

/// Checks that a record is valid DAG-CBOR (cbor::validate) and keeps the rules above: exactly those
/// records have a JSON form. Errors as json_from_cbor.
[[nodiscard]] Result<void> validate_record(ByteView record);

}  // namespace refold::atproto
