#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refold/detail/declaration.hpp"

namespace refold::detail {

/// All that a plugin offers, from start() to stop().
struct Declarations {
  std::vector<std::unique_ptr<Declaration>> all;
  std::vector<const refold_projection*> pointers;
  refold_projections projections{};
};

/// The functions of the plugin itself.
template <class... Ps>
class Plugin {
 public:
  static constexpr refold_plugin_v1 table(const char* name, const char* version,
                                          const char* build_id) noexcept {
    refold_plugin_v1 plugin{};
    plugin.size = sizeof plugin;
    plugin.abi_major = REFOLD_ABI_MAJOR;
    plugin.abi_minor = REFOLD_ABI_MINOR;
    plugin.name = name != nullptr ? name : first_name();
    plugin.version = version;
    plugin.build_id = build_id;
    plugin.start = &start;
    plugin.stop = &stop;
    plugin.extension = &extension;
    return plugin;
  }

 private:
  static constexpr const char* first_name() noexcept {
    const std::array names{Ps::manifest.name...};
    return names[0];
  }
  static refold_result start(const refold_host* host) noexcept {
    return walled(host, [] {
      auto made = std::make_unique<Declarations>();
      (made->all.push_back(Declaration::of<Ps>()), ...);
      for (const auto& one : made->all) made->pointers.push_back(&one->projection());
      made->projections.size = sizeof made->projections;
      made->projections.count = sizeof...(Ps);
      made->projections.projections = made->pointers.data();
      declarations = made.release();
    });
  }
  static void stop() noexcept { delete std::exchange(declarations, nullptr); }
  static const void* extension(const char* id) noexcept {
    const std::string_view wanted = id;
    if (wanted == "projection/1") return &declarations->projections;
    if (wanted == "query/1") return &queries;
    if (wanted == "describe/1") return &describe;
    return nullptr;
  }

  static const Declaration* at(std::uint32_t projection) noexcept {
    return projection < sizeof...(Ps) ? declarations->all[projection].get() : nullptr;
  }
  static const refold_query* query_at(std::uint32_t projection, std::uint32_t index) noexcept {
    const Declaration* const declaration = at(projection);
    return declaration != nullptr ? declaration->query(index) : nullptr;
  }
  static const char* layout(std::uint32_t projection, std::uint32_t table) noexcept {
    const Declaration* const declaration = at(projection);
    return declaration != nullptr ? declaration->layout(table) : nullptr;
  }
  static refold_result render(const refold_host* host, std::uint32_t projection,
                              std::uint32_t table, refold_bytes key, refold_bytes row) noexcept {
    return walled(host, [&] {
      std::string json;
      const Declaration* const declaration = at(projection);
      if (declaration == nullptr || !declaration->render(table, bytes_of(key), bytes_of(row), json))
        throw HostFailed{REFOLD_NONE};
      const refold_result result = host->answer(host, abi_of(json));
      if (result != REFOLD_OK) throw HostFailed{result};
    });
  }

  static constexpr refold_queries queries{sizeof(refold_queries), &query_at};
  static constexpr refold_describe describe{sizeof(refold_describe), &layout, &render};
  static inline Declarations* declarations = nullptr;
};

}  // namespace refold::detail

/// The name of the plugin; refold_add_projection() sets it. Without it, that of its first
/// projection.
#ifndef REFOLD_PLUGIN_NAME
#define REFOLD_PLUGIN_NAME nullptr
#endif
/// Tells builds apart, for people.
#ifndef REFOLD_BUILD_ID
#define REFOLD_BUILD_ID __DATE__ " " __TIME__
#endif

/// Makes a plugin of projections: REFOLD_PLUGIN("1.0.0", BeanRatings). Once in a library, outside
/// of any namespace.
#define REFOLD_PLUGIN(version, ...)                \
  constinit const refold_plugin_v1 refold_plugin = \
      ::refold::detail::Plugin<__VA_ARGS__>::table(REFOLD_PLUGIN_NAME, version, REFOLD_BUILD_ID);
