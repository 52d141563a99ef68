/* Does not start, and does not say why. */
#include <refold/abi.h>

static refold_result start(const refold_host* host) {
  (void)host;
  return REFOLD_FAILED;
}
#define PLUGIN_START start
#include "plugin.h"
