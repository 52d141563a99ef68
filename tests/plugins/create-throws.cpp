// Lets an exception out of create().
#include <refold/abi.h>

#include <stdexcept>

static refold_result create(const refold_host* /*host*/, void** /*self*/) {
  throw std::logic_error("no mill");
}
#define PLUGIN_CREATE create
#include "plugin.h"
