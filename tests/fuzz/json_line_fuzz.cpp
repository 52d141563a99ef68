#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "core/base/assert.h"
#include "core/ingest/jsonl.h"
#include "core/log/limits.h"

using namespace refold;

// A line of JSON, as it comes from a stream or a file; and the same bytes as a record.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ingest::JsonlDecoder decoder;
  index::DraftBatch batch;
  if (const auto record = atproto::cbor_from_json(text_of({data, size})); record.has_value()) {
    REFOLD_ASSERT(atproto::cbor::validate(*record).has_value(), "JSON became no DAG-CBOR");
  }
  if (const auto line = decoder.decode_line(text_of({data, size}), batch); line.has_error()) {
    REFOLD_ASSERT(batch.drafts.empty(), "a refused line left a draft");
    REFOLD_ASSERT(!ingest::name(line.error().fault).empty(), "a fault without a name");
    return 0;
  }
  REFOLD_ASSERT(batch.drafts.size() == 1, "a line is not one draft");
  const index::Draft& draft = batch.drafts.front();
  REFOLD_ASSERT(draft.did.size() <= log::did_bytes_max, "a DID is over its limit");
  if (!draft.record.empty()) {
    REFOLD_ASSERT(atproto::cbor::validate(draft.record).has_value(), "a record is no DAG-CBOR");
  }
  return 0;
}
