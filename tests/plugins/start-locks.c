/* Waits in start() for a lock that the process keeps which has started it before: the second one at
 * a time hangs. The environment says which file; none: it does not wait. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#include "event.h"

static refold_result start(const refold_host* host) {
  const char* const file = getenv("REFOLD_TEST_LOCK");
  (void)host;
  if (file != NULL) (void)flock(open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600), LOCK_EX);
  return REFOLD_OK;
}
#define PLUGIN_START start
#include "plugin.h"
