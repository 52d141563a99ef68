/* Built for a later ABI, which this host knows nothing of. */
#define PLUGIN_MAJOR (REFOLD_ABI_MAJOR + 1)
#include "plugin.h"
