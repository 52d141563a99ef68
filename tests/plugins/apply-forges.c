/* Writes into every descriptor that it finds, at its event. */
#include <unistd.h>

#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  (void)host;
  if (!is_boom(event)) return REFOLD_OK;
  for (int file = 0; file < 64; ++file) {
    if (write(file, "\xff\xff\xff\xff beans", 10) < 0) continue;
  }
  while (1) pause();
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
