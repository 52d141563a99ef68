#include "core/plugin/manifest.h"

#include <cstring>

#include "core/atproto/quote.h"
#include "core/atproto/syntax.h"
#include "core/plugin/boundary.h"

namespace refold::plugin {
namespace {

/// Whether a struct has all that version 1.0 of the ABI gave it, up to `last`.
template <class Struct, class Field>
Result<void> whole(const Struct* from, Field Struct::*last) {
  const auto* const begin = reinterpret_cast<const char*>(from);
  const auto* const end = reinterpret_cast<const char*>(&(from->*last)) + sizeof(Field);
  const auto needed = static_cast<std::size_t>(end - begin);
  if (from->size >= needed) return ok();
  return invalid("its size is " + std::to_string(from->size) + ", but this struct has at least " +
                 std::to_string(needed) + " bytes");
}

/// Copies what a plugin says, and trusts none of it but the pointers: nobody can know more of those
/// than that they are not null.
class Copier {
 public:
  Result<Manifest> manifest(const refold_plugin_v1& plugin);

 private:
  Result<std::string> text(std::string_view field, const char* from, std::size_t bytes_max);
  /// One item of each pointer in an array, by `copy`.
  template <class Item, class Copy>
  auto list(std::string_view what, std::uint32_t count, std::size_t count_max,
            const Item* const* items, Copy copy)
      -> Result<std::vector<typename decltype(copy(*items))::value_type>>;
  Result<std::vector<std::string>> names(std::string_view what, std::uint32_t count,
                                         std::size_t count_max, const char* const* from,
                                         std::size_t bytes_max);
  Result<OptionInfo> option(const refold_option* from);
  Result<ProjectionInfo> projection(const refold_projection* from);
  Result<QueryInfo> query(const refold_query* from);
  Result<void> queries(const refold_queries* from, std::uint32_t index, Manifest& to);
  Result<void> layouts(std::uint32_t index, Manifest& to);

  std::size_t left_ = manifest_bytes_max;
};

Result<std::string> Copier::text(std::string_view field, const char* from, std::size_t bytes_max) {
  const std::string name(field);
  if (from == nullptr) return invalid(name + " is null");
  const std::size_t size = strnlen(from, bytes_max + 1);
  if (size > bytes_max) {
    return invalid(name + " does not end within " + std::to_string(bytes_max) +
                   " bytes: " + atproto::quoted({from, bytes_max}));
  }
  if (size > left_) {
    return Error{Errc::too_large, name + ": all texts of the manifest are over " +
                                      std::to_string(manifest_bytes_max) + " bytes together"};
  }
  left_ -= size;
  return std::string(from, size);
}

template <class Item, class Copy>
auto Copier::list(std::string_view what, std::uint32_t count, std::size_t count_max,
                  const Item* const* items, Copy copy)
    -> Result<std::vector<typename decltype(copy(*items))::value_type>> {
  const std::string name(what);
  if (count > count_max) {
    return Error{Errc::too_large, "it has " + std::to_string(count) + " " + name + "s, at most " +
                                      std::to_string(count_max) + " may be"};
  }
  if (count > 0 && items == nullptr) {
    return invalid("it counts " + std::to_string(count) + " " + name + "s, but their list is null");
  }
  std::vector<typename decltype(copy(*items))::value_type> copies;
  copies.reserve(count);
  for (std::uint32_t index = 0; index < count; ++index) {
    const std::string place = name + " " + std::to_string(index);
    if (items[index] == nullptr) return invalid(place + " is null");
    auto copied = copy(items[index]);
    if (copied.has_error()) return within(place, std::move(copied).error());
    copies.push_back(std::move(*copied));
  }
  return copies;
}

Result<std::vector<std::string>> Copier::names(std::string_view what, std::uint32_t count,
                                               std::size_t count_max, const char* const* from,
                                               std::size_t bytes_max) {
  return list(what, count, count_max, from,
              [&](const char* name) { return text("its name", name, bytes_max); });
}

Result<OptionInfo> Copier::option(const refold_option* from) {
  REFOLD_CHECK(whole(from, &refold_option::type));
  OptionInfo to;
  to.least = from->least;
  to.most = from->most;
  to.type = from->type;
  REFOLD_TRY(to.name, text("its name", from->name, REFOLD_NAME_MAX));
  REFOLD_TRY(to.summary, text("its summary", from->summary, line_bytes_max));
  if (from->fallback != nullptr) {
    REFOLD_TRY(to.fallback, text("its fallback", from->fallback, option_bytes_max));
  }
  return to;
}

Result<ProjectionInfo> Copier::projection(const refold_projection* from) {
  REFOLD_CHECK(whole(from, &refold_projection::apply));
  ProjectionInfo to;
  to.fold = from->fold;
  to.wants = from->wants;
  REFOLD_TRY(to.name, text("its name", from->name, REFOLD_NAME_MAX));
  REFOLD_TRY(to.summary, text("its summary", from->summary, line_bytes_max));
  REFOLD_TRY(to.collections, names("collection", from->collection_count, collections_max,
                                   from->collections, atproto::nsid_length_max));
  REFOLD_TRY(to.tables,
             names("table", from->table_count, tables_max, from->tables, REFOLD_NAME_MAX));
  REFOLD_TRY(to.options, list("option", from->option_count, options_max, from->options,
                              [this](const refold_option* one) { return option(one); }));
  if (from->create == nullptr) return invalid("create is null");
  if (from->destroy == nullptr) return invalid("destroy is null");
  if (from->apply == nullptr) return invalid("apply is null");
  return to;
}

Result<QueryInfo> Copier::query(const refold_query* from) {
  REFOLD_CHECK(whole(from, &refold_query::run));
  QueryInfo to;
  REFOLD_TRY(to.name, text("its name", from->name, REFOLD_NAME_MAX));
  REFOLD_TRY(to.summary, text("its summary", from->summary, line_bytes_max));
  REFOLD_TRY(to.parameters, list("parameter", from->parameter_count, options_max, from->parameters,
                                 [this](const refold_option* one) { return option(one); }));
  if (from->run == nullptr) return invalid("run is null");
  return to;
}

Result<void> Copier::queries(const refold_queries* from, std::uint32_t index, Manifest& to) {
  for (std::uint32_t number = 0;; ++number) {
    REFOLD_TRY(const refold_query* const one,
               contained("at()", [&] { return from->at(index, number); }));
    if (one == nullptr) return ok();
    if (number == queries_max) {
      return Error{Errc::too_large,
                   "it has over " + std::to_string(queries_max) + " queries, or at() never ends"};
    }
    auto copied = query(one);
    if (copied.has_error()) {
      return within("query " + std::to_string(number), std::move(copied).error());
    }
    to.info.projections[index].queries.push_back(std::move(*copied));
    to.projections[index].queries.push_back(one);
  }
}

Result<void> Copier::layouts(std::uint32_t index, Manifest& to) {
  ProjectionInfo& projection = to.info.projections[index];
  for (std::uint32_t table = 0; table < projection.tables.size(); ++table) {
    REFOLD_TRY(const char* const layout,
               contained("layout()", [&] { return to.describe->layout(index, table); }));
    REFOLD_TRY(projection.layouts.emplace_back(),
               text("the layout of table " + std::to_string(table), layout, layout_bytes_max));
  }
  return ok();
}

template <class Table>
Result<const Table*> extension(const refold_plugin_v1& plugin, const char* id) {
  REFOLD_TRY(const void* const table,
             contained("extension()", [&] { return plugin.extension(id); }));
  return static_cast<const Table*>(table);
}

Result<Manifest> Copier::manifest(const refold_plugin_v1& plugin) {
  Manifest to;
  to.info.abi_major = plugin.abi_major;
  to.info.abi_minor = plugin.abi_minor;
  REFOLD_TRY(to.info.name, text("the plugin's name", plugin.name, REFOLD_NAME_MAX));
  REFOLD_TRY(to.info.version, text("the plugin's version", plugin.version, line_bytes_max));
  REFOLD_TRY(to.info.build_id, text("the plugin's build id", plugin.build_id, line_bytes_max));

  REFOLD_TRY(const auto* const offered, extension<refold_projections>(plugin, "projection/1"));
  if (offered == nullptr) return invalid("extension() has no \"projection/1\": it offers nothing");
  REFOLD_CHECK(whole(offered, &refold_projections::projections));
  REFOLD_TRY(to.info.projections,
             list("projection", offered->count, projections_max, offered->projections,
                  [this](const refold_projection* one) { return projection(one); }));
  for (std::uint32_t index = 0; index < offered->count; ++index) {
    to.projections.push_back({offered->projections[index], {}});
  }

  REFOLD_TRY(const auto* const asked, extension<refold_queries>(plugin, "query/1"));
  REFOLD_TRY(to.describe, extension<refold_describe>(plugin, "describe/1"));
  if (asked != nullptr) {
    REFOLD_CHECK(whole(asked, &refold_queries::at));
    if (asked->at == nullptr) return invalid("\"query/1\": at is null");
  }
  if (to.describe != nullptr) {
    REFOLD_CHECK(whole(to.describe, &refold_describe::render));
    if (to.describe->layout == nullptr) return invalid("\"describe/1\": layout is null");
    if (to.describe->render == nullptr) return invalid("\"describe/1\": render is null");
  }
  for (std::uint32_t index = 0; index < to.projections.size(); ++index) {
    Result<void> read = asked == nullptr ? ok() : queries(asked, index, to);
    if (read.has_value() && to.describe != nullptr) read = layouts(index, to);
    if (read.has_error()) {
      return within("projection " + atproto::quoted(to.info.projections[index].name),
                    std::move(read).error());
    }
  }
  return to;
}

std::string version_text(std::uint16_t major, std::uint16_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

Result<void> check_abi(const refold_plugin_v1& plugin) {
  if (!REFOLD_HAS(&plugin, abi_minor)) {
    return invalid("refold_plugin says that it has " + std::to_string(plugin.size) +
                   " bytes, too few for its version");
  }
  if (plugin.abi_major != REFOLD_ABI_MAJOR || plugin.abi_minor > REFOLD_ABI_MINOR) {
    return Error{Errc::unsupported,
                 "it was built for version " + version_text(plugin.abi_major, plugin.abi_minor) +
                     " of the plugin ABI, and this host has " +
                     version_text(REFOLD_ABI_MAJOR, REFOLD_ABI_MINOR) +
                     ": build it with the SDK of this host, or run a host as new as its SDK"};
  }
  auto fits = whole(&plugin, &refold_plugin_v1::extension);
  if (fits.has_error()) return within("refold_plugin", std::move(fits).error());
  if (plugin.start == nullptr) return invalid("refold_plugin: start is null");
  if (plugin.stop == nullptr) return invalid("refold_plugin: stop is null");
  if (plugin.extension == nullptr) return invalid("refold_plugin: extension is null");
  return ok();
}

Result<Manifest> read_manifest(const refold_plugin_v1& plugin) {
  REFOLD_CHECK(check_abi(plugin));
  REFOLD_TRY(auto manifest, Copier().manifest(plugin));
  REFOLD_CHECK(check(manifest.info));
  return manifest;
}

}  // namespace refold::plugin
