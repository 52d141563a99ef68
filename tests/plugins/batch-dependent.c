/* Writes how often apply() was called: what comes out depends on the size of the batches. */
#include "event.h"

static refold_result begin_batch(const refold_host* host);
#define PLUGIN_BATCH begin_batch
#include "plugin.h"

static refold_result begin_batch(const refold_host* host) {
  uint64_t batches = 0;
  refold_bytes row = {&batches, sizeof batches};
  const refold_result result = plugin_read(host, plugin_text("batches"), &batches);
  if (result != REFOLD_OK) return result;
  ++batches;
  return host->put(host, 0, plugin_text("batches"), row);
}
