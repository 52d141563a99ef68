#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "tests/crash/acks.h"
#include "tests/crash/traffic.h"

namespace refold::crash {

/// Opens a log as it was found and decides whether every promise was kept. One thread, and no log
/// of that folder open in this process.
class Checker {
 public:
  explicit Checker(Traffic traffic) : traffic_(traffic) {}

  /// Works out what these acks promise, so that copies of this checker need not.
  void expect(std::span<const Ack> acks);

  /// The next check appends another event: called where copies of this checker check one log.
  void next_probe() { ++probes_; }

  struct Found {
    log::Seq last = 0;
  };

  /// What must hold of the log in `data`:
  ///
  ///   - a reader that opens it first finds it intact,
  ///   - the recorder opens it, and appends;
  ///   - seqs are dense, witness times do not decrease, no event is there twice;
  ///   - all events of acknowledged batches are there, each with its payload, and those of batches
  ///     that a cursor covers too; `acks` are all that were ever given, in order;
  ///   - what was acknowledged as redacted is gone, from every file;
  ///   - verify() finds nothing, and the index is what one built anew is.
  ///
  /// `memory` (may be empty) is a file that remembers every event's header from check to check: no
  /// header may ever change, and no event may go that was there before.
  /// Errors: the first promise that was broken.
  [[nodiscard]] Result<Found> check(const std::filesystem::path& data, std::span<const Ack> acks,
                                    const std::filesystem::path& memory = {});

 private:
  struct Expected {
    std::string identity;
    bool whole = false;  ///< it was sent with all that belongs to it
    std::uint64_t record = 0;
  };
  struct Log;

  const std::vector<Expected>& expected(std::uint64_t number);
  Result<void> check_events(const Log& log, std::span<const Ack> acks);
  Result<void> check_batch(const Log& log, std::uint64_t number);
  Result<void> check_redaction(const Log& log, const Ack& ack);

  Traffic traffic_;
  std::map<std::uint64_t, std::vector<Expected>> expected_;
  std::map<std::uint64_t, std::uint64_t> digests_;
  std::uint64_t probes_ = 0;
};

}  // namespace refold::crash
