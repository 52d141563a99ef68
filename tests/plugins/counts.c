/* Nothing is wrong with this one. */
#include "plugin.h"
