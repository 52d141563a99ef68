/* A plugin that works, in C11 or C++20: one projection that counts the events of each collection.
 * A bad one defines what it does otherwise, and includes this at its end:
 *
 *   static refold_result start(const refold_host* host) { ... }
 *   #define PLUGIN_START start
 *   #include "plugin.h"
 */
#pragma once

#include <inttypes.h>
#include <refold/abi.h>
#include <stdio.h>
#include <string.h>

#include "event.h"

/* PLUGIN_TARGET is the name of the file, and the build defines it. */
#ifndef PLUGIN_NAME
#define PLUGIN_NAME PLUGIN_TARGET
#endif
#ifndef PLUGIN_BUILD
#define PLUGIN_BUILD "1"
#endif
#ifndef PLUGIN_MAJOR
#define PLUGIN_MAJOR REFOLD_ABI_MAJOR
#endif
#ifndef PLUGIN_MINOR
#define PLUGIN_MINOR REFOLD_ABI_MINOR
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(refold_plugin_v1)
#endif
#ifndef PROJECTION_NAME
#define PROJECTION_NAME PLUGIN_NAME
#endif
#ifndef PROJECTION_SIZE
#define PROJECTION_SIZE sizeof(refold_projection)
#endif
#ifndef PROJECTION_FOLD
#define PROJECTION_FOLD 1
#endif
#ifndef PROJECTION_WANTS
#define PROJECTION_WANTS REFOLD_RECORDS
#endif
#ifndef PROJECTION_TABLES
#define PROJECTION_TABLES "counts"
#endif
#ifndef PROJECTION_LAYOUT
#define PROJECTION_LAYOUT "collection: text -> events: 64 bits, little-endian"
#endif
#ifndef COUNT_STEP
#define COUNT_STEP 1
#endif

/* Instances -------------------------------------------------------------------------------------*/

#ifndef PLUGIN_CREATE
static refold_result plugin_create(const refold_host* host, void** self) {
  (void)host;
  *self = NULL;
  return REFOLD_OK;
}
#define PLUGIN_CREATE plugin_create
#endif

#ifndef PLUGIN_DESTROY
static void plugin_destroy(void* self) { (void)self; }
#define PLUGIN_DESTROY plugin_destroy
#endif

/* Done with each event before it is counted. */
#ifndef PLUGIN_EVENT
static refold_result plugin_event(const refold_host* host, const refold_event* event) {
  (void)host;
  (void)event;
  return REFOLD_OK;
}
#define PLUGIN_EVENT plugin_event
#endif

static refold_result plugin_read(const refold_host* host, refold_bytes key, uint64_t* count) {
  refold_bytes row = {NULL, 0};
  const refold_result result = host->get(host, 0, key, &row);
  *count = 0;
  if (result == REFOLD_OK && row.size == sizeof *count) memcpy(count, row.data, sizeof *count);
  return result == REFOLD_NONE ? (refold_result)REFOLD_OK : result;
}

static refold_result plugin_count(const refold_host* host, const refold_event* event) {
  const refold_bytes key = event->collection.size > 0 ? event->collection : plugin_text("none");
  uint64_t count = 0;
  refold_bytes row = {&count, sizeof count};
  const refold_result result = plugin_read(host, key, &count);
  if (result != REFOLD_OK) return result;
  count += COUNT_STEP;
  return host->put(host, 0, key, row);
}

static refold_result plugin_apply(void* self, const refold_host* host, const refold_event* events,
                                  size_t count) {
  const char* at = (const char*)events;
  refold_result result = REFOLD_OK;
  (void)self;
#ifdef PLUGIN_BATCH
  result = PLUGIN_BATCH(host);
#endif
  for (size_t index = 0; index < count && result == REFOLD_OK; ++index, at += events->size) {
    const refold_event* event = (const refold_event*)(const void*)at;
    result = PLUGIN_EVENT(host, event);
    if (result == REFOLD_OK) result = plugin_count(host, event);
  }
  return result;
}

static const char* const plugin_tables[] = {PROJECTION_TABLES};
#ifdef PROJECTION_COLLECTIONS
static const char* const plugin_collections[] = {PROJECTION_COLLECTIONS};
#define PLUGIN_COLLECTION_COUNT (sizeof plugin_collections / sizeof plugin_collections[0])
#else
#define plugin_collections NULL
#define PLUGIN_COLLECTION_COUNT 0
#endif
#ifdef PROJECTION_OPTIONS
static const refold_option* const plugin_options[] = {PROJECTION_OPTIONS};
#define PLUGIN_OPTION_COUNT (sizeof plugin_options / sizeof plugin_options[0])
#else
#define plugin_options NULL
#define PLUGIN_OPTION_COUNT 0
#endif

static const refold_projection plugin_projection = {PROJECTION_SIZE,
                                                    PROJECTION_NAME,
                                                    "the events of each collection",
                                                    PROJECTION_FOLD,
                                                    PROJECTION_WANTS,
                                                    PLUGIN_COLLECTION_COUNT,
                                                    plugin_collections,
                                                    sizeof plugin_tables / sizeof plugin_tables[0],
                                                    PLUGIN_OPTION_COUNT,
                                                    plugin_tables,
                                                    plugin_options,
                                                    PLUGIN_CREATE,
                                                    PLUGIN_DESTROY,
                                                    plugin_apply};
static const refold_projection* const plugin_projections[] = {&plugin_projection};
static const refold_projections plugin_offered = {sizeof plugin_offered, 1, 0, plugin_projections};

/* Queries: count(collection) -> {"count":5} ---------------------------------------------------*/

static refold_result plugin_run_count(void* self, const refold_host* host,
                                      const refold_bytes* arguments) {
  uint64_t count = 0;
  char answer[64];
  const refold_result result = plugin_read(host, arguments[0], &count);
  (void)self;
  if (result != REFOLD_OK) return result;
  (void)snprintf(answer, sizeof answer, "{\"count\":%" PRIu64 "}", count);
  return host->answer(host, plugin_text(answer));
}

static const refold_option plugin_collection = {
    sizeof plugin_collection, "collection", "which one", NULL, 0, 317, REFOLD_TEXT};
static const refold_option* const plugin_parameters[] = {&plugin_collection};
static const refold_query plugin_query_count = {
    sizeof plugin_query_count, "count",         "how many events", 1, 0,
    plugin_parameters,         plugin_run_count};

#ifndef PLUGIN_QUERIES
#define PLUGIN_QUERIES &plugin_query_count
#endif
static const refold_query* const plugin_all_queries[] = {PLUGIN_QUERIES, NULL};

static const refold_query* plugin_query_at(uint32_t projection, uint32_t index) {
  return projection == 0 ? plugin_all_queries[index] : NULL;
}
static const refold_queries plugin_queries = {sizeof plugin_queries, plugin_query_at};

/* Rows for people -------------------------------------------------------------------------------*/

static const char* plugin_layout(uint32_t projection, uint32_t table) {
  (void)projection;
  (void)table;
  return PROJECTION_LAYOUT;
}

static refold_result plugin_render(const refold_host* host, uint32_t projection, uint32_t table,
                                   refold_bytes key, refold_bytes row) {
  uint64_t count = 0;
  char answer[512];
  if (projection != 0 || table != 0 || row.size != sizeof count) return REFOLD_NONE;
  memcpy(&count, row.data, sizeof count);
  (void)snprintf(answer, sizeof answer, "{\"key\":\"%.*s\",\"row\":%" PRIu64 "}", (int)key.size,
                 (const char*)key.data, count);
  return host->answer(host, plugin_text(answer));
}

static const refold_describe plugin_describe = {sizeof plugin_describe, plugin_layout,
                                                plugin_render};

/* The plugin ------------------------------------------------------------------------------------*/

#ifndef PLUGIN_START
static refold_result plugin_start(const refold_host* host) {
  host->log(host, REFOLD_INFO, plugin_text("started"));
  return REFOLD_OK;
}
#define PLUGIN_START plugin_start
#endif

#ifndef PLUGIN_STOP
static void plugin_stop(void) {}
#define PLUGIN_STOP plugin_stop
#endif

static inline const void* plugin_extension(const char* id) {
  if (strcmp(id, "projection/1") == 0) return &plugin_offered;
  if (strcmp(id, "query/1") == 0) return &plugin_queries;
  if (strcmp(id, "describe/1") == 0) return &plugin_describe;
  return NULL;
}
#ifndef PLUGIN_EXTENSION
#define PLUGIN_EXTENSION plugin_extension
#endif

const refold_plugin_v1 refold_plugin = {PLUGIN_SIZE, PLUGIN_MAJOR,    PLUGIN_MINOR, 0,
                                        PLUGIN_NAME, "1.0.0",         PLUGIN_BUILD, PLUGIN_START,
                                        PLUGIN_STOP, PLUGIN_EXTENSION};
