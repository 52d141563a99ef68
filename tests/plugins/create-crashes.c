/* Crashes in create(). */
#include "crash.h"

static refold_result create(const refold_host* host, void** self) {
  (void)host;
  (void)self;
  crash();
  return REFOLD_OK;
}
#define PLUGIN_CREATE create
#include "plugin.h"
