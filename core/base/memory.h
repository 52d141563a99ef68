#pragma once

#include <cstddef>

namespace refold {

/// Makes the C library take each buffer of a mebibyte or more from the system and give it back when
/// it is freed, for good. By itself it stops doing so once a few were freed, and then keeps them in
/// heaps that only grow: a third of the memory of a process that seals and indexes a large log.
/// Call it first in main().
void give_back_large_buffers() noexcept;

/// What the machine has, whatever this process may take of it.
[[nodiscard]] std::size_t machine_memory_bytes() noexcept;

}  // namespace refold
