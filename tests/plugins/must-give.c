/* Works, but has an option without a fallback: create() fails unless it is "yes". */
#include <refold/abi.h>
#include <string.h>

static const refold_option agree = {sizeof agree, "agree", "whether to", NULL, 0, 8, REFOLD_TEXT};
static const refold_option limit = {sizeof limit, "limit", "", "10", 1, 100, REFOLD_INTEGER};

static refold_result create(const refold_host* host, void** self) {
  refold_bytes value = {NULL, 0};
  const refold_result result = host->option(host, 0, &value);
  *self = NULL;
  if (result != REFOLD_OK) return result;
  if (value.size == 3 && memcmp(value.data, "yes", 3) == 0) return REFOLD_OK;
  host->fail(host, value);
  return REFOLD_FAILED;
}
#define PROJECTION_OPTIONS &agree, &limit
#define PLUGIN_CREATE create
#include "plugin.h"
