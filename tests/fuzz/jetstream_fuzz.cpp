#include "core/atproto/cbor.h"
#include "core/base/assert.h"
#include "core/ingest/jetstream.h"
#include "core/log/limits.h"

using namespace refold;

namespace {

void take(ingest::JetstreamDecoder& decoder, ByteView message) {
  index::DraftBatch batch;
  const ingest::Verdict verdict = decoder.decode(message, batch);
  REFOLD_ASSERT(batch.drafts.size() <= 1, "a message is more than one draft");
  if (verdict.kind != ingest::Verdict::Kind::taken) {
    REFOLD_ASSERT(batch.drafts.empty(), "a message that was not taken left a draft");
  }
  for (const index::Draft& draft : batch.drafts) {
    REFOLD_ASSERT(draft.did.size() <= log::did_bytes_max, "a DID is over its limit");
    if (draft.record.empty()) continue;
    REFOLD_ASSERT(atproto::cbor::validate(draft.record).has_value(), "a record is no DAG-CBOR");
  }
  decoder.finish(batch);
}

}  // namespace

// A message of Jetstream, to be read as either version: text, or packed with zstd.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto v1 = ingest::JetstreamDecoder::make(ingest::JetstreamVersion::v1).value();
  static const auto v2 = ingest::JetstreamDecoder::make(ingest::JetstreamVersion::v2).value();
  take(*v1, {data, size});
  take(*v2, {data, size});
  return 0;
}
