/* Takes memory without end in create(). */
#include "eat.h"

static refold_result create(const refold_host* host, void** self) {
  (void)host;
  (void)self;
  eat_memory();
  return REFOLD_OK;
}
#define PLUGIN_CREATE create
#include "plugin.h"
