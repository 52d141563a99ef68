/* `counts` with rows of another layout, and the same fold: it must not take over. */
#define PLUGIN_NAME "counts"
#define PLUGIN_BUILD "other layout"
#define PROJECTION_LAYOUT "collection: text -> events: decimal text"
#include "plugin.h"
