/* Ends with a complaint, as a failed assertion does. */
#include <refold/abi.h>
#include <stdio.h>
#include <stdlib.h>

static refold_result start(const refold_host* host) {
  (void)host;
  fputs("counting beans\nassertion failed: \x1b[31mbeans > 0\n", stderr);
  abort();
}
#define PLUGIN_START start
#include "plugin.h"
