// Lets an exception out of apply() at its event that is no std::exception.
#include "event.h"

static refold_result event_seen(const refold_host* /*host*/, const refold_event* event) {
  if (is_boom(event)) throw 42;
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
