/* Writes into the channel of the process that it runs in, at its event. */
#include "event.h"
#include "hang.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (is_boom(event) && write(3, "\xff\xff\xff\xff beans", 10) > 0) sleep_for_ever();
  return REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
