/* Ends the process, as if all were well. */
#include <refold/abi.h>
#include <unistd.h>

static refold_result start(const refold_host* host) {
  (void)host;
  _exit(0);
}
#define PLUGIN_START start
#include "plugin.h"
