/* Two tables of one name. */
#define PROJECTION_TABLES "counts", "totals", "counts"
#include "plugin.h"
