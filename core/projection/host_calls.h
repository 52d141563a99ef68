#pragma once

#include <refold/abi.h>

namespace refold::projection {

/// The host's functions as plugins see them, without a context.
[[nodiscard]] refold_host host_table() noexcept;

/// Something that tells this thread from all others.
[[nodiscard]] const void* this_thread() noexcept;

}  // namespace refold::projection
