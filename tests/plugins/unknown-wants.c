/* Wants events of a sort that a later host may have. */
#define PROJECTION_WANTS (REFOLD_RECORDS | 1024)
#include "plugin.h"
