/* Asks for rows where there are none. */
#include <refold/abi.h>

static refold_result start(const refold_host* host) {
  refold_bytes key = {"key", 3};
  refold_bytes row = {NULL, 0};
  return host->get(host, 0, key, &row);
}
#define PLUGIN_START start
#include "plugin.h"
