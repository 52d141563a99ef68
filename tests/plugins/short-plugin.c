/* Ends before its functions. */
#include <stddef.h>
#define PLUGIN_SIZE offsetof(refold_plugin_v1, start)
#include "plugin.h"
