/* Prints without end. */
#include <refold/abi.h>
#include <stdio.h>

static refold_result start(const refold_host* host) {
  (void)host;
  while (puts("beans") >= 0) continue;
  return REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
