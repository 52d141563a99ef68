#pragma once

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/log/event.h"

namespace refold::log {

/// The hash chain: chain[k] = SHA-256(chain[k-1] || canonical headers of the events of chunk k),
/// with 32 zero bytes before the first. It makes the log tamper-evident and survives redactions:
/// the header holds every field that can never change (not the `redacted` flag), the CID in place
/// of the payload, and SHA-256 in place of free text (handles). docs/log-format.md, "Hash chain".

/// Appends the canonical header of `event`. Computes its CID where it is not stored.
void append_chain_header(Bytes& to, const Event& event);

/// Builds one digest of the chain from the events of one chunk, in order. Not thread-safe.
class ChainDigest {
 public:
  explicit ChainDigest(const Sha256Digest& before);
  void add(const Event& event);
  [[nodiscard]] Sha256Digest finish();

 private:
  Sha256 hash_;
  Bytes header_;
};

}  // namespace refold::log
