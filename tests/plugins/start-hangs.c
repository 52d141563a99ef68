/* Does not come back from start(), and takes no processor time meanwhile. */
#include <refold/abi.h>
#include <unistd.h>

static refold_result start(const refold_host* host) {
  (void)host;
  while (1) pause();
}
#define PLUGIN_START start
#include "plugin.h"
