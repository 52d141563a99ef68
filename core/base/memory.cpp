#include "core/base/memory.h"

#include <malloc.h>
#include <unistd.h>

namespace refold {

void give_back_large_buffers() noexcept { (void)::mallopt(M_MMAP_THRESHOLD, 1 << 20); }

std::size_t machine_memory_bytes() noexcept {
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace refold
