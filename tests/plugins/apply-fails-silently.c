/* Fails at its event, and does not say why. */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  return is_boom(event) ? REFOLD_FAILED : REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
