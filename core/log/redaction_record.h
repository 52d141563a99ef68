#pragma once

#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/log/witness_log.h"

namespace refold::log {

/// What the tail remembers of redactions: which seqs one that has begun is still to erase, and the
/// range of each that ever was, by its epoch.

/// Empty: no redaction is under way.
[[nodiscard]] Result<std::vector<Seq>> pending_redaction(WitnessLog::Impl& log);

/// Notes that these events are to be erased, in a new epoch. `seqs` is sorted and not empty, and
/// holds those that are pending already.
[[nodiscard]] Result<void> begin_redaction(WitnessLog::Impl& log, std::span<const Seq> seqs);

/// Notes that all that was pending is erased.
[[nodiscard]] Result<void> end_redaction(WitnessLog::Impl& log);

}  // namespace refold::log
