#pragma once

#include "core/base/result.h"
#include "core/log/segment/segment.h"
#include "core/log/witness_log.h"

namespace refold::log {

/// How the oldest part of the tail becomes a segment: written under a temporary name, synced, read
/// back and compared with the tail event by event, renamed, the folder synced, listed in one
/// transaction, and only then pruned from the tail. A crash between any two of these loses nothing
/// and is cleaned up by the next open_writer().

/// Removes the rows of sealed events in bounded slices. Goes on where a crash has stopped it.
[[nodiscard]] Result<void> prune(WitnessLog::Impl& log);

/// Removes segment files that the tail does not list: unfinished, or replaced by a redaction.
/// Errors: `io`; what could be removed is gone.
[[nodiscard]] Result<void> remove_unlisted_segments(WitnessLog::Impl& log);

/// Opens the segment that was written under its temporary name and compares it with `events`, every
/// field. Errors: `corrupt` names the file and the first event that differs; those of `events`.
[[nodiscard]] Result<void> verify_new_segment(const WitnessLog::Impl& log, const SegmentInfo& info,
                                              const EventRange& events);

/// Gives a verified segment its name, durably. Errors: `io`.
[[nodiscard]] Result<void> name_segment(const WitnessLog::Impl& log, const SegmentInfo& info);

}  // namespace refold::log
