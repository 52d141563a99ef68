/* Makes no instance, and says why. */
#include <refold/abi.h>

static refold_result create(const refold_host* host, void** self) {
  const refold_bytes why = {"there is no mill", 16};
  (void)self;
  host->fail(host, why);
  return REFOLD_RETRY;
}
#define PLUGIN_CREATE create
#include "plugin.h"
