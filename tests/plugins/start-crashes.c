/* Crashes in start(). */
#include "crash.h"

static refold_result start(const refold_host* host) {
  (void)host;
  crash();
  return REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
