/* Takes memory without end at its event. */
#include "eat.h"
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) eat_memory();
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
