/* What bad plugins have in common. C11 and C++20. */
#pragma once

#include <refold/abi.h>
#include <string.h>

static inline refold_bytes plugin_text(const char* text) {
  refold_bytes bytes = {text, strlen(text)};
  return bytes;
}

/* What a bad plugin waits for before it does its bad thing: an event of a record with this key. */
static inline int is_boom(const refold_event* event) {
  return event->rkey.size == 4 && memcmp(event->rkey.data, "boom", 4) == 0;
}

/* Says why, and what to return. */
static inline refold_result plugin_fails(const refold_host* host, const char* why) {
  host->fail(host, plugin_text(why));
  return REFOLD_FAILED;
}
