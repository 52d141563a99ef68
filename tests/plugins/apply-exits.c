/* Ends the process at its event. */
#include <stdlib.h>

#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) exit(3);
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
