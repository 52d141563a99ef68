#pragma once

#include <string>

#include "core/base/result.h"
#include "core/cli/terminal.h"
#include "core/log/event.h"

namespace refold::cli {

/// Appends every field of an event for people, then the record and what it replaced as indented
/// JSON. Everything that came from outside is escaped.
/// Errors: `corrupt` if a payload is not what it must be.
[[nodiscard]] Result<void> append_event_text(std::string& out, const log::Event& event,
                                             const Terminal& terminal);

}  // namespace refold::cli
