#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/bytes.h"

namespace refold::crash {

/// What the worker was promised. Written as it lies in memory, with one write(2) each.
struct Ack {
  enum Kind : std::uint64_t {
    opened = 1,    ///< the log is open
    recorded = 2,  ///< batch `number` is durable
    redacted = 3,  ///< the record of draft `place` of batch `number` is erased
    sealed = 4,
    reindexed = 5,
  };
  std::uint64_t kind = 0;
  std::uint64_t number = 0;
  std::uint64_t place = 0;
  std::uint64_t last = 0;    ///< the newest seq of the log at that moment
  std::uint64_t digest = 0;  ///< of the batch, see Traffic::digest()
};

inline bool send(int fd, const Ack& ack) { return ::write(fd, &ack, sizeof ack) == sizeof ack; }

/// The whole acks in `bytes`; one that is not complete was not given.
inline std::vector<Ack> acks_in(ByteView bytes) {
  std::vector<Ack> acks(bytes.size() / sizeof(Ack));
  if (!acks.empty()) std::memcpy(acks.data(), bytes.data(), acks.size() * sizeof(Ack));
  return acks;
}

}  // namespace refold::crash
