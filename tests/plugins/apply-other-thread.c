/* Writes, at its event, from a thread of its own. */
#include <pthread.h>

#include "event.h"

static void* write_row(void* pointer) {
  const refold_host* const host = (const refold_host*)pointer;
  (void)host->put(host, 0, plugin_text("key"), plugin_text("row"));
  return NULL;
}

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  pthread_t thread;
  if (!is_boom(event)) return REFOLD_OK;
  if (pthread_create(&thread, NULL, write_row, (void*)(size_t)host) != 0) return REFOLD_FAILED;
  (void)pthread_join(thread, NULL);
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
