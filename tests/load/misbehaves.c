/* A projection that works, but for each five-hundredth event of the log, where it does as the file
 * that includes this says. */
#include "../plugins/crash.h"
#include "../plugins/event.h"
#include "../plugins/hang.h"

static refold_result event_seen(const refold_host* host, const refold_event* event) {
  if (event->seq % 500 != 0) return REFOLD_OK;
#if defined(FAILS)
  return plugin_fails(host, "each five-hundredth is too much");
#elif defined(CRASHES)
  (void)host;
  crash();
  return REFOLD_OK;
#else
  (void)host;
  compute_for_ever();
  return REFOLD_OK;
#endif
}
#define PLUGIN_EVENT event_seen
#include "../plugins/plugin.h"
