/* Does not come back from create(), and computes. */
#include "hang.h"

static refold_result create(const refold_host* host, void** self) {
  (void)host;
  (void)self;
  compute_for_ever();
  return REFOLD_OK;
}
#define PLUGIN_CREATE create
#include "plugin.h"
