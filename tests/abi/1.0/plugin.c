/* A plugin as it was written for 1.0: it uses every function of the host and every field of an
 * event. Kept as it is; only what is compiled against later headers is new. */
#include <refold/abi.h>
#include <stdio.h>
#include <string.h>

enum { EVENTS = 0, CIDS = 1 };

static refold_bytes bytes_of(const char* text) {
  const refold_bytes bytes = {text, strlen(text)};
  return bytes;
}

static refold_result put_text(const refold_host* host, uint32_t table, uint64_t seq,
                              const char* text) {
  char key[32];
  snprintf(key, sizeof key, "%08u", (unsigned)seq);
  return host->put(host, table, bytes_of(key), bytes_of(text));
}

static refold_result put_cid(const refold_host* host, const refold_event* event) {
  uint8_t cid[36];
  const refold_bytes row = {cid, sizeof cid};
  const refold_bytes key = {&event->seq, sizeof event->seq};
  const refold_result result = host->cid(host, event, cid);
  if (result == REFOLD_OK) return host->put(host, CIDS, key, row);
  return result == REFOLD_NONE ? host->remove(host, CIDS, key) : result;
}

static refold_result apply_one(const refold_host* host, const refold_event* event) {
  char text[512];
  refold_account account = {0};
  refold_bytes option;
  refold_result result = host->option(host, 0, &option);
  account.size = sizeof account;
  if (result == REFOLD_OK) result = host->account(host, event->did, &account);
  if (result != REFOLD_OK) return result;
  snprintf(text, sizeof text,
           "%.*s %u kind %d change %d previous %d of %u flags %d order %d %.*s/%.*s/%.*s record %d "
           "previous %d active %d %.*s handle %.*s source %.*s account %u %u %.*s times %d %d",
           (int)option.size, (const char*)option.data, (unsigned)event->seq, event->kind,
           event->change, event->previous_state, (unsigned)event->previous_seq, event->flags,
           event->order, (int)event->did.size, (const char*)event->did.data,
           (int)event->collection.size, (const char*)event->collection.data, (int)event->rkey.size,
           (const char*)event->rkey.data, (int)event->record.size, (int)event->previous.size,
           event->active, (int)event->status.size, (const char*)event->status.data,
           (int)event->handle.size, (const char*)event->handle.data, (int)event->source.size,
           (const char*)event->source.data, (unsigned)account.known, (unsigned)account.active,
           (int)account.status.size, (const char*)account.status.data,
           event->witness_us > event->commit_us, event->rev != 0);
  host->log(host, REFOLD_INFO, bytes_of(text));
  result = put_text(host, EVENTS, event->seq, text);
  return result == REFOLD_OK && event->collection.size > 0 ? put_cid(host, event) : result;
}

static refold_result apply(void* self, const refold_host* host, const refold_event* events,
                           size_t count) {
  const char* at = (const char*)events;
  size_t i;
  (void)self;
  for (i = 0; i < count; ++i) {
    const refold_event* const event = (const refold_event*)at;
    const refold_result result = apply_one(host, event);
    if (result != REFOLD_OK) return result;
    if (event->rkey.size == 4 && memcmp(event->rkey.data, "fail", 4) == 0) {
      host->fail(host, bytes_of("as it was told to"));
      return REFOLD_FAILED;
    }
    at += event->size;
  }
  return REFOLD_OK;
}

static refold_result create(const refold_host* host, void** self) {
  static int instance;
  if (host->extension(host, "nothing/1") != NULL) return REFOLD_FAILED;
  *self = &instance;
  return REFOLD_OK;
}
static void destroy(void* self) { (void)self; }

static refold_result count_row(void* context, refold_bytes key, refold_bytes row) {
  unsigned* const count = context;
  (void)key;
  (void)row;
  return ++*count == 3 ? REFOLD_NONE : REFOLD_OK;
}

/* count(from): how many rows from there on, 3 at most. */
static refold_result run_count(void* self, const refold_host* host, const refold_bytes* arguments) {
  char json[32];
  unsigned count = 0;
  refold_bytes row;
  refold_range range = {0};
  refold_result result = host->get(host, EVENTS, bytes_of("none"), &row);
  (void)self;
  if (result != REFOLD_NONE) return result;
  range.size = sizeof range;
  range.from = arguments[0];
  range.backwards = 1;
  result = host->scan(host, EVENTS, &range, count_row, &count);
  if (result != REFOLD_OK) return result;
  snprintf(json, sizeof json, "%u", count);
  return host->answer(host, bytes_of(json));
}

static const refold_option greeting = {
    sizeof greeting, "greeting", "what each row begins with", "hello", 0, 100, REFOLD_TEXT};
static const refold_option* const options[] = {&greeting};
static const refold_option from = {sizeof from, "from", "the first key", "", 0, 100, REFOLD_TEXT};
static const refold_option* const parameters[] = {&from};
static const refold_query count = {sizeof count, "count", "rows", 1, 0, parameters, run_count};

static const refold_query* query_at(uint32_t projection, uint32_t index) {
  return projection == 0 && index == 0 ? &count : NULL;
}
static const char* layout(uint32_t projection, uint32_t table) {
  return projection == 0 && table <= CIDS ? "text" : NULL;
}
static refold_result render(const refold_host* host, uint32_t projection, uint32_t table,
                            refold_bytes key, refold_bytes row) {
  (void)key;
  (void)row;
  if (projection != 0 || table > CIDS) return REFOLD_NONE;
  return host->answer(host, bytes_of("{\"key\":0,\"row\":0}"));
}

static const char* const tables[] = {"events", "cids"};
static const char* const collections[] = {"a.b.c", "a.d.*"};
static const refold_projection projection = {
    sizeof projection,
    "everything",
    "uses all of 1.0",
    1,
    REFOLD_RECORDS | REFOLD_ACCOUNTS | REFOLD_IDENTITIES | REFOLD_HISTORY | REFOLD_ACCOUNT_STATUS,
    2,
    collections,
    2,
    1,
    tables,
    options,
    create,
    destroy,
    apply};
static const refold_projection* const projections[] = {&projection};

static refold_result start(const refold_host* host) {
  host->log(host, REFOLD_DEBUG, bytes_of("started"));
  return host->abi_major == 1 ? REFOLD_OK : REFOLD_FAILED;
}
static void stop(void) {}

static const void* extension(const char* id) {
  static const refold_projections all = {sizeof all, 1, 0, projections};
  static const refold_queries queries = {sizeof queries, query_at};
  static const refold_describe describe = {sizeof describe, layout, render};
  if (strcmp(id, "projection/1") == 0) return &all;
  if (strcmp(id, "query/1") == 0) return &queries;
  if (strcmp(id, "describe/1") == 0) return &describe;
  return NULL;
}

const refold_plugin_v1 refold_plugin = {
    sizeof refold_plugin, 1, 0, 0, "everything", "1.0.0", "", start, stop, extension};
