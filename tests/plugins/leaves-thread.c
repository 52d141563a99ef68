/* Leaves a thread behind. */
#include <pthread.h>

#include "hang.h"

static void* wait_for_ever(void* nothing) {
  sleep_for_ever();
  return nothing;
}

static refold_result start(const refold_host* host) {
  pthread_t thread;
  (void)host;
  return pthread_create(&thread, NULL, wait_for_ever, NULL) == 0 ? REFOLD_OK : REFOLD_FAILED;
}
#define PLUGIN_START start
#include "plugin.h"
