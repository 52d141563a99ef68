#include "core/base/memory.h"

#include <malloc.h>

namespace refold {

void give_back_large_buffers() noexcept { (void)::mallopt(M_MMAP_THRESHOLD, 1 << 20); }

}  // namespace refold
