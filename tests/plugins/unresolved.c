/* Needs a function that nobody has. */
#include <refold/abi.h>

refold_result function_of_nobody(const refold_host* host);
#define PLUGIN_START function_of_nobody
#include "plugin.h"
