#pragma once

#include "core/isolation/messages.h"
#include "core/projection/code.h"

namespace refold::isolation {

/// Loads the library of an order into this process. It is closed with the code. Errors: `invalid`:
/// it is another file than the one that was probed; those of loading.
[[nodiscard]] Result<projection::CodePointer> load(const CodeOrder& order,
                                                   const projection::LogSink& sink);

}  // namespace refold::isolation
