#include "core/atproto/cid.h"
#include "core/base/assert.h"
#include "core/ingest/capture.h"
#include "core/ingest/firehose.h"
#include "core/log/limits.h"

using namespace refold;

namespace {

void check(const index::Draft& draft) {
  REFOLD_ASSERT(draft.kind >= log::Kind::create && draft.kind <= log::Kind::gap, "a kind");
  REFOLD_ASSERT(draft.did.size() <= log::did_bytes_max, "a DID is over its limit");
  REFOLD_ASSERT(draft.handle.size() <= log::handle_bytes_max, "a handle is over its limit");
  REFOLD_ASSERT(draft.status.size() <= log::status_bytes_max, "a status is over its limit");
  if (draft.record.empty()) return;
  REFOLD_ASSERT(
      *draft.cid == atproto::cid_of(draft.record) || draft.cid->codec == atproto::Cid::Codec::raw,
      "a record does not hash to its CID");
}

}  // namespace

// Frames of a firehose, each behind its length, as a capture holds them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ingest::FirehoseDecoder decoder;
  index::DraftBatch batch;
  ingest::FrameCutter cutter;
  cutter.add({data, size});
  ByteView frame;
  for (auto cut = cutter.next(frame); cut.has_value() && *cut; cut = cutter.next(frame)) {
    const std::size_t before = batch.drafts.size();
    const ingest::Verdict verdict = decoder.decode(frame, batch);
    REFOLD_ASSERT(verdict.kind == ingest::Verdict::Kind::taken || batch.drafts.size() == before,
                  "a frame that was not taken left a draft");
  }
  for (const index::Draft& draft : batch.drafts) check(draft);
  decoder.finish(batch);
  (void)ingest::form_of({data, size});
  return 0;
}
