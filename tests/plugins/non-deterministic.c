/* Writes, at its event, a row that is different every time. */
#include <time.h>

#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  struct timespec now;
  refold_bytes row = {&now, sizeof now};
  if (!is_boom(event)) return REFOLD_OK;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return host->put(host, 0, plugin_text("now"), row);
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
