/* `counts` that counts by twos, with another fold. */
#define PLUGIN_NAME "counts"
#define PLUGIN_BUILD "3"
#define PROJECTION_FOLD 2
#define COUNT_STEP 2
#include "plugin.h"
