#pragma once

#include <refold/abi.h>

#include <string>
#include <vector>

#include "core/plugin/manifest.h"

namespace refold::plugin {

/// A plugin inside of the test, in which single things can be made wrong. Its functions do nothing.
/// One at a time: extension() has no way to tell several apart.
class FakePlugin {
 public:
  FakePlugin() { current = this; }
  ~FakePlugin() { current = nullptr; }
  FakePlugin(const FakePlugin&) = delete;
  FakePlugin& operator=(const FakePlugin&) = delete;

  [[nodiscard]] Result<Manifest> read() {
    projection.collection_count = static_cast<std::uint32_t>(collections.size());
    projection.collections = collections.data();
    projection.table_count = static_cast<std::uint32_t>(tables.size());
    projection.tables = tables.data();
    projection.option_count = static_cast<std::uint32_t>(options.size());
    projection.options = options.data();
    query.parameter_count = static_cast<std::uint32_t>(parameters.size());
    query.parameters = parameters.data();
    offered.count = static_cast<std::uint32_t>(projections.size());
    offered.projections = projections.data();
    return read_manifest(plugin);
  }
  /// What it is refused with; empty if it is not.
  [[nodiscard]] std::string complaint() {
    const auto manifest = read();
    return manifest.has_error() ? manifest.error().message : "";
  }

  static refold_result start(const refold_host*) { return REFOLD_OK; }
  static void stop() {}
  static const void* extension(const char* id) {
    const std::string name = id;
    if (name == "projection/1") return current->offers ? &current->offered : nullptr;
    if (name == "query/1") return current->answers ? &current->asked : nullptr;
    if (name == "describe/1") return current->describes ? &current->described : nullptr;
    return nullptr;
  }
  static refold_result create(const refold_host*, void**) { return REFOLD_OK; }
  static void destroy(void*) {}
  static refold_result apply(void*, const refold_host*, const refold_event*, size_t) {
    return REFOLD_OK;
  }
  static refold_result run(void*, const refold_host*, const refold_bytes*) { return REFOLD_OK; }
  static const refold_query* at(std::uint32_t projection, std::uint32_t index) {
    const auto& queries = current->queries;
    return projection == 0 && index < queries.size() ? queries[index] : nullptr;
  }
  static const char* layout(std::uint32_t, std::uint32_t table) { return current->layouts[table]; }
  static refold_result render(const refold_host*, std::uint32_t, std::uint32_t, refold_bytes,
                              refold_bytes) {
    return REFOLD_NONE;
  }

  static refold_option option_named(const char* name, std::uint32_t type, const char* fallback,
                                    std::int64_t least = 0, std::int64_t most = 100) {
    return {sizeof(refold_option), name, "what it does", fallback, least, most, type};
  }

  bool offers = true;
  bool answers = true;
  bool describes = true;

  refold_option limit = option_named("limit", REFOLD_INTEGER, "10", 1, 100);
  refold_option since = option_named("since", REFOLD_TIME, "2026-01-31T12:00:00Z");
  refold_option subject = option_named("subject", REFOLD_TEXT, nullptr);
  std::vector<const char*> collections = {"app.bsky.feed.like", "app.bsky.graph.*"};
  std::vector<const char*> tables = {"by-subject", "by-actor"};
  std::vector<const char*> layouts = {"a: text", "b: text"};
  std::vector<const refold_option*> options = {&limit, &since};
  std::vector<const refold_option*> parameters = {&subject};
  refold_projection projection = {sizeof(refold_projection),
                                  "likes",
                                  "likes by subject",
                                  3,
                                  REFOLD_RECORDS,
                                  0,
                                  nullptr,
                                  0,
                                  0,
                                  nullptr,
                                  nullptr,
                                  create,
                                  destroy,
                                  apply};
  std::vector<const refold_projection*> projections = {&projection};
  refold_projections offered = {sizeof(refold_projections), 0, 0, nullptr};
  refold_query query = {sizeof(refold_query), "top", "the most liked", 0, 0, nullptr, run};
  std::vector<const refold_query*> queries = {&query};
  refold_queries asked = {sizeof(refold_queries), at};
  refold_describe described = {sizeof(refold_describe), layout, render};
  refold_plugin_v1 plugin = {sizeof(refold_plugin_v1),
                             REFOLD_ABI_MAJOR,
                             REFOLD_ABI_MINOR,
                             0,
                             "bluesky",
                             "1.2.0",
                             "f00d",
                             start,
                             stop,
                             extension};

 private:
  static inline FakePlugin* current = nullptr;
};

}  // namespace refold::plugin
