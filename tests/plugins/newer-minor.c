/* Built for a later ABI, which may ask for what this host does not have. */
#define PLUGIN_MINOR (REFOLD_ABI_MINOR + 7)
#include "plugin.h"
