#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/index/keys.h"
#include "core/log/event.h"

namespace refold::bench {

/// The newest version of a record as the peers keep it: key and value of their index. The keys are
/// made by the log's own functions, so every contender hashes the same.
struct HeadRow {
  static constexpr std::size_t bytes = 17;
  log::Seq seq = 0;
  std::uint64_t rev = 0;
  bool removed = false;
};

inline void encode_head_row(const HeadRow& head, std::uint8_t* to17) noexcept {
  store_le(to17, head.seq);
  store_le(to17 + 8, head.rev);
  to17[16] = head.removed ? 1 : 0;
}
[[nodiscard]] inline HeadRow decode_head_row(const std::uint8_t* from17) noexcept {
  return {load_le<std::uint64_t>(from17), load_le<std::uint64_t>(from17 + 8), from17[16] != 0};
}

/// Makes the keys of the peers' indexes. One thread.
class HeadKeys {
 public:
  [[nodiscard]] index::RecordKey key(const log::Event& event) {
    const index::RepoKey* const repo = repos_.find(event.did);
    if (repo == nullptr) return index::record_key(event.did, event.collection, event.rkey);
    return records_.make(*repo, event.did, event.collection, event.rkey);
  }

 private:
  index::RepoKeyCache repos_;
  index::RecordKeys records_;
};

/// Fills what the log fills, by the same rules, from the head that an event met. Returns whether
/// the payload of `event.previous_seq` is still to be set.
[[nodiscard]] inline bool set_previous(log::Event& event, const std::optional<HeadRow>& head) {
  event.previous_seq = head ? head->seq : 0;
  const bool lives = head && !head->removed;
  const bool gone = event.kind == log::Kind::remove && !head;
  event.previous_state = lives  ? log::PreviousState::known
                         : gone ? log::PreviousState::unknown
                                : log::PreviousState::none;
  return lives;
}

}  // namespace refold::bench
