/* Keeps the host of apply(), and writes through it in destroy(), when it has none. */
#include "event.h"

static const refold_host* kept;

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)event;
  kept = host;
  return REFOLD_OK;
}

static void destroy(void* self) {
  (void)self;
  if (kept != NULL) (void)kept->put(kept, 0, plugin_text("key"), plugin_text("row"));
  kept = NULL;
}
#define PLUGIN_EVENT event_seen
#define PLUGIN_DESTROY destroy
#include "plugin.h"
