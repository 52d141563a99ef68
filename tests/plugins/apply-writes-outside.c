/* Writes, at its event, to a table that it does not have, and takes no notice of the answer. */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  if (is_boom(event)) (void)host->put(host, 7, plugin_text("key"), plugin_text("row"));
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
