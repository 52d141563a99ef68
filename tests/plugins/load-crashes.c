/* Crashes before anybody has called it. */
#include "crash.h"

static __attribute__((constructor)) void before_all(void) { crash(); }
#include "plugin.h"
