/* Its name does not end. */
static char letters[4096];
#define PROJECTION_NAME letters
#include "plugin.h"

static __attribute__((constructor)) void fill(void) { memset(letters, 'a', sizeof letters); }
