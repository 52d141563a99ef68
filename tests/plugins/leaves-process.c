/* Leaves a process behind. */
#include "hang.h"

static refold_result start(const refold_host* host) {
  const pid_t child = fork();
  (void)host;
  if (child == 0) sleep_for_ever();
  return child > 0 ? REFOLD_OK : REFOLD_FAILED;
}
#define PLUGIN_START start
#include "plugin.h"
