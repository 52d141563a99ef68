#pragma once

#include <string>

#include "core/log/event.h"

namespace refold::projection {

/// "at://did/collection/rkey"; the DID of an event that is of no record.
[[nodiscard]] std::string uri_of(const log::Event& event);

}  // namespace refold::projection
