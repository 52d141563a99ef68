/* Works, but takes its time over each event. */
#include <time.h>

#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  const struct timespec pause = {0, 250000};
  (void)host;
  (void)event;
  (void)nanosleep(&pause, NULL);
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
