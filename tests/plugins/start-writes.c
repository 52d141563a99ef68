/* Writes a file. */
#include <refold/abi.h>
#include <stdlib.h>
#include <unistd.h>

static refold_result start(const refold_host* host) {
  char name[] = "/tmp/refold-plugin-XXXXXX";
  const int file = mkstemp(name);
  (void)host;
  if (file < 0 || unlink(name) != 0) return REFOLD_FAILED;
  return write(file, "beans", 5) == 5 ? REFOLD_OK : REFOLD_FAILED;
}
#define PLUGIN_START start
#include "plugin.h"
