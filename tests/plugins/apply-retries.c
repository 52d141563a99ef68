/* Asks for its event again, three times; then takes it. (So it keeps count outside of its tables,
 * which is wrong in itself: a new instance does not begin anew.) */
#include "event.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  static int times = 0;
  if (!is_boom(event) || ++times > 3) return REFOLD_OK;
  host->fail(host, plugin_text("the mill is busy"));
  return REFOLD_RETRY;
}
#define PLUGIN_EVENT event_seen
#include "plugin.h"
