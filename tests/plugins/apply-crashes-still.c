/* `apply-crashes`, built again, and no better. */
#define PLUGIN_NAME "apply-crashes"
#define PLUGIN_BUILD "3"
#include "apply-crashes.c"
