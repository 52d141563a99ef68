/* `counts`, built again: it may take over. */
#define PLUGIN_NAME "counts"
#define PLUGIN_BUILD "2"
#include "plugin.h"
