// Lets an exception out of stop().
#include <refold/abi.h>

#include <string>

static void stop() { throw std::string("enough"); }
#define PLUGIN_STOP stop
#include "plugin.h"
