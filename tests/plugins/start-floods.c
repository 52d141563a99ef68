/* Prints without end. */
#include <refold/abi.h>
#include <stdio.h>

static refold_result start(const refold_host* host) {
  (void)host;
  while (1) puts("beans");
}
#define PLUGIN_START start
#include "plugin.h"
