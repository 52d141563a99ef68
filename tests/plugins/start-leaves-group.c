/* Goes to the group of the engine, where nobody may be killed, and does not come back. */
#include "hang.h"

static refold_result start(const refold_host* host) {
  (void)host;
  if (setpgid(0, getpgid(getppid())) == 0) sleep_for_ever();
  return REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
