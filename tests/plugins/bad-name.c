/* Its name would lead out of the data directory. */
#define PLUGIN_NAME "../../etc"
#include "plugin.h"
