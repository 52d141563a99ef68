#pragma once

#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/log/event.h"
#include "core/log/witness_log.h"

namespace refold::log {

/// Erases payloads wherever the log keeps them. Recorded in the tail before it starts; every step
/// may be done again, so that a crash anywhere is finished by doing all of them again.

/// Goes on with a redaction that is recorded, if there is one. Called by open_writer().
[[nodiscard]] Result<void> finish_redaction(WitnessLog::Impl& log);

/// The events whose payloads are to go.
class Redacted {
 public:
  /// `seqs` is sorted.
  explicit Redacted(std::vector<Seq> seqs) : seqs_(std::move(seqs)) {}

  [[nodiscard]] std::span<const Seq> seqs() const noexcept { return seqs_; }
  [[nodiscard]] bool contains(Seq seq) const noexcept;
  /// The event, or the copy of the previous version that it carries, is still to be erased.
  [[nodiscard]] bool concerns(const Event& event) const noexcept;
  /// What is left of an event that it concerns; any other event is as it was. `cid` is where its
  /// CID is kept, as long as the result.
  [[nodiscard]] Event erase(const Event& event, atproto::Cid& cid) const noexcept;

 private:
  std::vector<Seq> seqs_;
};

/// Writes each segment that holds one of them anew, without it, in place of the old one.
[[nodiscard]] Result<void> redact_segments(WitnessLog::Impl& log, const Redacted& redacted);

/// Writes the tail into a new file, without free pages (they keep old bytes), and makes that the
/// tail. Precondition: nobody writes.
[[nodiscard]] Result<void> compact_tail(WitnessLog::Impl& log);

}  // namespace refold::log
