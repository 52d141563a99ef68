#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "core/base/assert.h"
#include "core/log/codec/shape.h"

using namespace refold;

// A record: what is of the data model has a JSON form, and comes back from it to the last byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView record{data, size};
  log::codec::Parser parser;
  static_cast<void>(parser.parse(record));
  const bool valid = atproto::validate_record(record).has_value();
  if (valid) REFOLD_ASSERT(atproto::cbor::validate(record).has_value(), "a record is no DAG-CBOR");
  const auto json = atproto::json_from_cbor(record);
  if (!valid) return 0;
  REFOLD_ASSERT(json.has_value(), "a valid record has no JSON");
  const auto again = atproto::cbor_from_json(*json);
  REFOLD_ASSERT(again.has_value() && equal(*again, record), "a record came back changed");
  return 0;
}
