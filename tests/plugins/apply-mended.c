/* `apply-crashes`, without its fault. */
#define PLUGIN_NAME "apply-crashes"
#define PLUGIN_BUILD "2"
#include "plugin.h"
