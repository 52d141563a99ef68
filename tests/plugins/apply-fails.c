/* Fails at its event, and says why. */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  return is_boom(event) ? plugin_fails(host, "this bean is not mine") : REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
