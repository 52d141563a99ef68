/* Returns what is no result. */
#include <refold/abi.h>

static refold_result start(const refold_host* host) {
  (void)host;
  return 77;
}
#define PLUGIN_START start
#include "plugin.h"
