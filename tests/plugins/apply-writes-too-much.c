/* Writes, at its event, a key of one byte over REFOLD_KEY_MAX. */
#include "event.h"

static const char letters[8193];

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  const refold_bytes long_key = {letters, sizeof letters};
  return is_boom(event) ? host->put(host, 0, long_key, plugin_text("row")) : REFOLD_OK;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
