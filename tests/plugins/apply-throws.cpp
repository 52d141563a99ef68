// Lets an exception out of apply() at its event.
#include <stdexcept>

#include "event.h"

static refold_result event_seen(const refold_host* /*host*/, const refold_event* event) {
  if (is_boom(event)) throw std::runtime_error("a bean too many");
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
