/* Crashes in destroy(). */
#include "crash.h"

static void destroy(void* self) {
  (void)self;
  crash();
}
#define PLUGIN_DESTROY destroy
#include "plugin.h"
