/* Does not start, and says why, with something that a terminal would act on. */
#include "event.h"

static refold_result start(const refold_host* host) {
  return plugin_fails(host, "the beans are \x1b[31mgone");
}
#define PLUGIN_START start
#include "plugin.h"
