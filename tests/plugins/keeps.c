/* Keeps the size of each living record, by its key. */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event);
#define PLUGIN_EVENT event_seen
#define COUNT_STEP 0
#include "plugin.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  const uint64_t size = event->record.size;
  const refold_bytes row = {&size, sizeof size};
  refold_result result = REFOLD_OK;
  if (event->change == REFOLD_REMOVED) {
    result = host->remove(host, 0, event->rkey);
  } else {
    result = host->put(host, 0, event->rkey, row);
  }
  return result == REFOLD_NONE ? (refold_result)REFOLD_OK : result;
}
