/* Ends before apply(). */
#include <stddef.h>
#define PROJECTION_SIZE offsetof(refold_projection, apply)
#include "plugin.h"
