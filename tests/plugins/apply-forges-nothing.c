/* Says, of no reason, that its process cannot be started, at its event, and ends it. */
#include "event.h"
#include "forge.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) {
    forge_and_end(forged_refused, NULL, 0);
  }
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
