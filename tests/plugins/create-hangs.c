/* Does not come back from create(), and computes. */
#include <refold/abi.h>

static refold_result create(const refold_host* host, void** self) {
  (void)host;
  (void)self;
  for (volatile unsigned turn = 0;; ++turn) continue;
}
#define PLUGIN_CREATE create
#include "plugin.h"
