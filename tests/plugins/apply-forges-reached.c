/* Says that its loop is where it was to stop, at its event, and ends the process. */
#include "event.h"
#include "forge.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event)) {
    const char said[] = {forged_reached, 0};
    forge_and_end(forged_is, said, sizeof said);
  }
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
