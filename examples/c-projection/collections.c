/* Counts the records of each collection: a projection in C, with the ABI alone. */
#include <inttypes.h>
#include <refold/abi.h>
#include <stdio.h>
#include <string.h>

/* The one table. Its keys are the names of collections; a row is a count, in 8 bytes. */
enum { COUNTS = 0 };

static refold_bytes bytes_of(const char* text) {
  const refold_bytes bytes = {text, strlen(text)};
  return bytes;
}

/* False if these bytes are no row of the table. */
static int read_count(refold_bytes row, uint64_t* count) {
  if (row.size != sizeof *count) return 0;
  memcpy(count, row.data, sizeof *count);
  return 1;
}

/* The count of a collection: 0 if there is no row. */
static refold_result get_count(const refold_host* host, refold_bytes collection, uint64_t* count) {
  refold_bytes row;
  const refold_result result = host->get(host, COUNTS, collection, &row);
  *count = 0;
  if (result == REFOLD_NONE) return REFOLD_OK;
  if (result != REFOLD_OK) return result; /* the host knows why */
  if (read_count(row, count)) return REFOLD_OK;
  host->fail(host, bytes_of("a row of 'counts' is not 8 bytes long"));
  return REFOLD_FAILED;
}

static refold_result add(const refold_host* host, refold_bytes collection, int by) {
  uint64_t count;
  refold_bytes row = {&count, sizeof count};
  const refold_result result = get_count(host, collection, &count);
  if (result != REFOLD_OK) return result;
  count += (uint64_t)by;
  if (count == 0) return host->remove(host, COUNTS, collection);
  return host->put(host, COUNTS, collection, row);
}

static refold_result apply_one(const refold_host* host, const refold_event* event) {
  switch (event->change) {
    case REFOLD_ADDED: return add(host, event->collection, 1);
    case REFOLD_REMOVED:
      /* Of what this log never had, nothing was counted. */
      if (event->previous_state != REFOLD_PREVIOUS_KNOWN) return REFOLD_OK;
      return add(host, event->collection, -1);
    default: return REFOLD_OK; /* one version in place of another: as many as before */
  }
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
    at += event->size; /* that of a later version of the ABI is larger */
  }
  return REFOLD_OK;
}

/* All that it remembers is in its table, so there is nothing to make. */
static refold_result create(const refold_host* host, void** self) {
  (void)host;
  *self = NULL;
  return REFOLD_OK;
}
static void destroy(void* self) { (void)self; }

/* The queries. */

/* Answers with three pieces of JSON; a collection's name needs no escapes. */
static refold_result answer(const refold_host* host, const char* before, refold_bytes name,
                            const char* between, uint64_t count, const char* after) {
  char number[64];
  refold_result result = host->answer(host, bytes_of(before));
  if (result == REFOLD_OK) result = host->answer(host, name);
  snprintf(number, sizeof number, "%s%" PRIu64 "%s", between, count, after);
  return result == REFOLD_OK ? host->answer(host, bytes_of(number)) : result;
}

/* count(collection): how many records it has. */
static refold_result run_count(void* self, const refold_host* host, const refold_bytes* arguments) {
  uint64_t count;
  const refold_result result = get_count(host, arguments[0], &count);
  (void)self;
  return result == REFOLD_OK ? answer(host, "", bytes_of(""), "", count, "") : result;
}

/* What visit() is given: the host, and what stands before the next member of the answer. */
struct visiting {
  const refold_host* host;
  const char* before;
};

static refold_result visit(void* context, refold_bytes key, refold_bytes row) {
  struct visiting* const visiting = context;
  const char* const before = visiting->before;
  uint64_t count;
  if (!read_count(row, &count)) return REFOLD_OK;
  visiting->before = ",\"";
  return answer(visiting->host, before, key, "\":", count, "");
}

/* all(): how many records each collection has. */
static refold_result run_all(void* self, const refold_host* host, const refold_bytes* arguments) {
  const refold_range all = {.size = sizeof all};
  struct visiting visiting = {host, "\""};
  refold_result result = host->answer(host, bytes_of("{"));
  (void)self;
  (void)arguments;
  if (result == REFOLD_OK) result = host->scan(host, COUNTS, &all, visit, &visiting);
  return result == REFOLD_OK ? host->answer(host, bytes_of("}")) : result;
}

static const refold_option collection = {.size = sizeof collection,
                                         .name = "collection",
                                         .summary = "its NSID, such as app.bsky.feed.post",
                                         .most = 317,
                                         .type = REFOLD_TEXT};
static const refold_option* const count_parameters[] = {&collection};
static const refold_query count_query = {.size = sizeof count_query,
                                         .name = "count",
                                         .summary = "how many records a collection has",
                                         .parameter_count = 1,
                                         .parameters = count_parameters,
                                         .run = run_count};
static const refold_query all_query = {.size = sizeof all_query,
                                       .name = "all",
                                       .summary = "how many records each collection has",
                                       .run = run_all};

static const refold_query* query_at(uint32_t projection, uint32_t index) {
  static const refold_query* const all[] = {&count_query, &all_query};
  return projection == 0 && index < sizeof all / sizeof *all ? all[index] : NULL;
}

/* How rows look. */

static const char* layout(uint32_t projection, uint32_t table) {
  return projection == 0 && table == COUNTS ? "key:collection row:u64" : NULL;
}
static refold_result render(const refold_host* host, uint32_t projection, uint32_t table,
                            refold_bytes key, refold_bytes row) {
  uint64_t count;
  if (projection != 0 || table != COUNTS || !read_count(row, &count)) return REFOLD_NONE;
  return answer(host, "{\"key\":\"", key, "\",\"row\":", count, "}");
}

/* What the plugin is. */

static const char* const tables[] = {"counts"};
static const refold_projection projection = {.size = sizeof projection,
                                             .name = "collections",
                                             .summary = "counts the records of each collection",
                                             .fold = 1,
                                             .wants = REFOLD_RECORDS,
                                             .table_count = 1,
                                             .tables = tables,
                                             .create = create,
                                             .destroy = destroy,
                                             .apply = apply};
static const refold_projection* const projections[] = {&projection};

static refold_result start(const refold_host* host) {
  (void)host;
  return REFOLD_OK;
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

const refold_plugin_v1 refold_plugin = {.size = sizeof refold_plugin,
                                        .abi_major = REFOLD_ABI_MAJOR,
                                        .abi_minor = REFOLD_ABI_MINOR,
                                        .name = "collections",
                                        .version = "1.0.0",
                                        .build_id = "",
                                        .start = start,
                                        .stop = stop,
                                        .extension = extension};
