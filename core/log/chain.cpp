#include "core/log/chain.h"

#include "core/base/wire.h"

namespace refold::log {

void append_chain_header(Bytes& to, const Event& event) {
  put_fixed(to, event.seq);
  put_fixed(to, event.witness_us);
  to.push_back(static_cast<std::uint8_t>(event.kind));
  put_fixed(to, static_cast<std::uint16_t>(event.flags & ~flag::redacted));
  to.push_back(static_cast<std::uint8_t>(event.missing));
  to.push_back(event.active ? 1 : 0);
  put_fixed(to, event.order);
  put_fixed(to, event.rev.value);
  put_sized(to, bytes_of(event.source));
  put_sized(to, bytes_of(event.did));
  put_sized(to, bytes_of(event.collection));
  put_sized(to, bytes_of(event.rkey));
  to.push_back(event.previous_state == PreviousState::none ? 0 : 1);  // erasing makes it unknown
  put_fixed(to, event.previous_seq);
  put_sized(to, bytes_of(event.status));
  put_fixed(to, event.upstream_seq);
  put_fixed(to, event.upstream_us);
  if (has_cid(event)) append(to, atproto::to_bytes(cid_of(event)));
  if (!event.handle.empty()) append(to, sha256(bytes_of(event.handle)));
}

ChainDigest::ChainDigest(const Sha256Digest& before) { hash_.update(before); }

void ChainDigest::add(const Event& event) {
  header_.clear();
  append_chain_header(header_, event);
  hash_.update(header_);
}

Sha256Digest ChainDigest::finish() { return hash_.finish(); }

}  // namespace refold::log
