#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace refold::view {

/// How far a view has come, and of which log, code and options it is the outcome. Committed with
/// the rows it speaks of.
struct Checkpoint {
  std::uint64_t seq = 0;  ///< every event up to here is in the rows
  /// The checksum of the event at `seq`, by which a log that was restored from an older copy, and
  /// uses seqs again, is told apart; 0 for seq 0.
  std::uint64_t event_checksum = 0;
  std::array<std::uint8_t, 16> log_id{};
  std::uint64_t redaction_epoch = 0;
  std::uint64_t generation = 1;
  std::string projection;
  std::string plugin;
  std::string version;  ///< of the code that made the last commit
  std::string build_id;
  std::uint64_t fold = 0;
  std::string options;                 ///< canonical text of every option
  std::vector<std::string> layouts;    ///< of each table; empty if the plugin describes none
  std::vector<std::uint64_t> skipped;  ///< events passed over by command: the view is incomplete
  bool unverified = false;             ///< other code than the one that began it has written to it
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// Its form in a view: fields in a fixed order (core/base/wire.h), after a format version.
[[nodiscard]] Bytes encode(const Checkpoint& checkpoint);
/// Errors: `corrupt`, `newer_format`.
[[nodiscard]] Result<Checkpoint> decode_checkpoint(ByteView stored);

}  // namespace refold::view
