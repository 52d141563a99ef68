#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/log/event.h"

namespace refold::bench {

/// An event as the peers keep it: every field of it, as one value under its seq. It is what the
/// log's own tail row is, less the checksum (the peers have their own, or none). Made for speed on
/// both ways, so that no peer loses by it.

/// Replaces `row` with the event. Precondition: no stored CID (the traffic has none).
void encode_event_row(const log::Event& event, Bytes& row);

/// Reads a row; the views of `event` point into it. Errors: `corrupt` names the seq.
[[nodiscard]] Result<void> decode_event_row(ByteView row, log::Seq seq, log::Event& event);

}  // namespace refold::bench
