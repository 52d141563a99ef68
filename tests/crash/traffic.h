#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/index/draft.h"

namespace refold::crash {

/// What a source would send, by number: the same batch for the same seed and number, in any process
/// and at any time. So whoever knows which batches were acknowledged knows what the log must hold.
///
/// Creates, updates, deletes, late ones, payloads that are missing, things that are refused,
/// accounts that are deleted, identities, and some of what came up to 20 batches earlier once more.
/// No two drafts have the same identity, but for those sent again.
class Traffic {
 public:
  explicit Traffic(std::uint64_t seed, std::size_t drafts = 100) : seed_(seed), drafts_(drafts) {}

  /// Batch `number`, from 1, with what is sent again. Its cursor is named after its source and says
  /// `number`; batches of even numbers and of odd ones are from two sources.
  [[nodiscard]] index::DraftBatch batch(std::uint64_t number) const;
  /// The drafts of batch `number` that are new; `whole`: with payloads that batch() leaves out.
  [[nodiscard]] index::DraftBatch fresh(std::uint64_t number, bool whole = false) const;
  /// One post of an account that no other batch writes to.
  [[nodiscard]] index::DraftBatch probe(std::uint64_t number) const;
  /// A checksum of batch `number`: two programs that agree on it mean the same events.
  [[nodiscard]] std::uint64_t digest(std::uint64_t number) const;

 private:
  std::uint64_t seed_;
  std::size_t drafts_;
};

[[nodiscard]] std::string source_of(std::uint64_t number);

/// What makes an event the same event: kind, DID, path, rev and CID, or an upstream number.
[[nodiscard]] std::string identity_of(const index::Draft& draft);
[[nodiscard]] std::string identity_of(const log::Event& event);

/// Whether the recorder refuses the draft, in every state of the log.
[[nodiscard]] bool refused(const index::Draft& draft);

}  // namespace refold::crash
