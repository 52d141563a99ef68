/* An option whose fallback it would refuse itself. */
#include <refold/abi.h>

static const refold_option limit = {sizeof limit, "limit", "", "101", 1, 100, REFOLD_INTEGER};
#define PROJECTION_OPTIONS &limit
#include "plugin.h"
