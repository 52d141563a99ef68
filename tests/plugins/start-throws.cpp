// Lets an exception out of start().
#include <refold/abi.h>

#include <stdexcept>

static refold_result start(const refold_host* /*host*/) { throw std::runtime_error("no beans"); }
#define PLUGIN_START start
#include "plugin.h"
