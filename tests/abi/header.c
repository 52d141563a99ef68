/* All that a plugin in C needs of the header. */
#include <refold/abi.h>

static int has_source(const refold_event* event) { return REFOLD_HAS(event, source); }

static refold_result put_seq(const refold_host* host, const refold_event* event) {
  const refold_bytes key = {&event->seq, sizeof event->seq};
  return has_source(event) ? host->put(host, 0, key, event->source) : REFOLD_FAILED;
}

/* So that it is used. */
const void* ABI_HEADER(void);
const void* ABI_HEADER(void) { return (const void*)(size_t)put_seq; }
