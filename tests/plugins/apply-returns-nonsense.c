/* Returns at its event what is no result. */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  return is_boom(event) ? 77 : REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
