/* Says that its process cannot be started for want of a file, at its event, and ends it. */
#include "event.h"
#include "forge.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) {
    const char said[] = {6, 1, 'x'};
    forge_and_end(forged_refused, said, sizeof said);
  }
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
