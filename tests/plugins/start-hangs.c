/* Does not come back from start(), and takes no processor time meanwhile. */
#include "hang.h"

static refold_result start(const refold_host* host) {
  (void)host;
  sleep_for_ever();
  return REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
