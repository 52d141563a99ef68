// Lets an exception out of create() that is no std::exception.
#include <refold/abi.h>

static refold_result create(const refold_host* /*host*/, void** /*self*/) { throw 42; }
#define PLUGIN_CREATE create
#include "plugin.h"
