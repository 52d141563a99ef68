/* `counts`, built so that it crashes at any event. */
#include "crash.h"
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  (void)event;
  crash();
  return REFOLD_OK;
}
#define PLUGIN_NAME "counts"
#define PLUGIN_BUILD "4"
#define PLUGIN_EVENT event_seen
#include "plugin.h"
