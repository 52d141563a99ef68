/* Has none of the tables. */
#include <stddef.h>

static const void* nothing(const char* id) {
  (void)id;
  return NULL;
}
#define PLUGIN_EXTENSION nothing
#include "plugin.h"
