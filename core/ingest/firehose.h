#pragma once

#include <memory>

#include "core/ingest/decoder.h"

namespace refold::ingest {

/// Decodes frames of com.atproto.sync.subscribeRepos, one binary message each.
///
/// A commit becomes a draft for each of its operations, in their order, with the records from its
/// blocks; every block's hash is checked. A commit that is `tooBig`, and a #sync, become a sync
/// draft, which has the index mark the repo as one to be fetched. #identity and #account become
/// what they say. What frames break the connection: those whose CBOR cannot be read, or that have
/// no header; what is merely wrong inside is dropped and counted. Signatures and proofs are not
/// checked.
class FirehoseDecoder final : public Decoder {
 public:
  explicit FirehoseDecoder(DecoderOptions options = {});
  ~FirehoseDecoder() override;

  [[nodiscard]] Verdict decode(ByteView message, index::DraftBatch& batch) override;

 private:
  struct State;
  bool take_seq(index::DraftBatch& batch);

  std::unique_ptr<State> state_;
};

}  // namespace refold::ingest
