#pragma once

#include <cstdint>
#include <optional>

#include "core/atproto/tid.h"
#include "tests/bench/model/network.h"
#include "tests/bench/model/ring.h"

namespace refold::bench {

/// The records that can be deleted: likes, follows, posts and reposts of the window.
class LiveRecords {
 public:
  static constexpr std::uint64_t records_max = std::uint64_t{1} << 22;

  struct Record {
    ActorId author = 0;
    std::uint32_t collection = 0;  ///< as the caller numbers them
    atproto::Tid rkey{};
    bool gone = false;
  };

  explicit LiveRecords(std::uint64_t events) : records_(events, records_max) {}

  void created(const Record& record) { records_.add(record); }

  /// Takes a record away, mostly a young one. None if some tries met only deleted ones.
  [[nodiscard]] std::optional<Record> take(Random& random) {
    for (int tries = 0; tries < 8 && !records_.empty(); ++tries) {
      Record& record = records_.mostly_young(random);
      if (!record.gone) {
        record.gone = true;
        return record;
      }
    }
    return std::nullopt;
  }

 private:
  Ring<Record> records_;
};

}  // namespace refold::bench
