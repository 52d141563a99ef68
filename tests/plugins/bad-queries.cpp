// Folds well, but each of its queries is wrong.
#include <stdexcept>

#include "crash.h"
#include "eat.h"
#include "event.h"
#include "hang.h"

static refold_result answers_nothing(void*, const refold_host*, const refold_bytes*) {
  return REFOLD_OK;
}
static refold_result answers_nonsense(void*, const refold_host* host, const refold_bytes*) {
  return host->answer(host, plugin_text("{\"beans\": many}"));
}
static refold_result crashes(void*, const refold_host*, const refold_bytes*) {
  crash();
  return REFOLD_OK;
}
static refold_result eats_memory(void*, const refold_host*, const refold_bytes*) {
  eat_memory();
  return REFOLD_OK;
}
static refold_result fails(void*, const refold_host* host, const refold_bytes*) {
  return plugin_fails(host, "nobody knows");
}
static refold_result fails_silently(void*, const refold_host*, const refold_bytes*) {
  return REFOLD_FAILED;
}
static refold_result hangs(void*, const refold_host*, const refold_bytes*) {
  compute_for_ever();
  return REFOLD_OK;
}
static refold_result throws(void*, const refold_host*, const refold_bytes*) {
  throw std::runtime_error("no answer");
}
static refold_result writes(void*, const refold_host* host, const refold_bytes*) {
  const refold_result result = host->put(host, 0, plugin_text("key"), plugin_text("row"));
  return result == REFOLD_OK ? host->answer(host, plugin_text("true")) : result;
}
static refold_result answers_without_end(void*, const refold_host* host, const refold_bytes*) {
  refold_result result = host->answer(host, plugin_text("["));
  while (result == REFOLD_OK) result = host->answer(host, plugin_text("1111111111,"));
  return result;
}

#define QUERY(name, run) \
  static const refold_query query_##run = {sizeof(refold_query), name, "", 0, 0, nullptr, run}
QUERY("answers-nothing", answers_nothing);
QUERY("answers-nonsense", answers_nonsense);
QUERY("answers-without-end", answers_without_end);
QUERY("crashes", crashes);
QUERY("eats-memory", eats_memory);
QUERY("fails", fails);
QUERY("fails-silently", fails_silently);
QUERY("hangs", hangs);
QUERY("throws", throws);
QUERY("writes", writes);

#define PLUGIN_QUERIES                                                                         \
  &query_answers_nothing, &query_answers_nonsense, &query_answers_without_end, &query_crashes, \
      &query_eats_memory, &query_fails, &query_fails_silently, &query_hangs, &query_throws,    \
      &query_writes, &plugin_query_count
#include "plugin.h"
