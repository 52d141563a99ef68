/* Takes memory, and uses it, without end; slowly enough to be watched. */
#pragma once

#include <refold/abi.h>
#include <stdlib.h>
#include <string.h>

static inline void eat_memory(void) {
  enum { bite_bytes = 4 << 20 };
  while (1) {
    void* const bite = malloc(bite_bytes);
    if (bite != NULL) memset(bite, 1, bite_bytes);
  }
}
