/* Writes a file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <refold/abi.h>
#include <unistd.h>

static refold_result start(const refold_host* host) {
  const int file = open("/tmp", O_TMPFILE | O_WRONLY, 0600);
  (void)host;
  return file >= 0 && write(file, "beans", 5) == 5 ? REFOLD_OK : REFOLD_FAILED;
}
#define PLUGIN_START start
#include "plugin.h"
