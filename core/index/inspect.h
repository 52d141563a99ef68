#pragma once

#include <optional>

#include "core/log/witness_log.h"

namespace refold::index {

/// How far the index of `log` has come on disk, for a process that does not own it: the event up to
/// which all rows are written. None: there is no index, or one that would be built anew, as of
/// another log or format. Not while this process has it open. Errors: `corrupt`, `io`.
[[nodiscard]] Result<std::optional<log::Seq>> index_position(const log::WitnessLog& log);

}  // namespace refold::index
