/* Does not come back from its event. */
#include "event.h"
#include "hang.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) compute_for_ever();
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
