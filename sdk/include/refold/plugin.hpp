#pragma once

#include <array>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/base.hpp"
#include "refold/change.hpp"
#include "refold/manifest.hpp"

/// From the C tables of abi.h to C++, and the wall between them: no exception gets out.
namespace refold::detail {

/// Whether P::apply() can be given one of these.
template <class P, class What>
concept Applies = requires(P& projection, const What& what) {
  projection.apply(what);
};

template <class P>
constexpr std::uint32_t wants_of() noexcept {
  std::uint32_t wants = 0;
  if (Applies<P, RecordChange>) wants |= REFOLD_RECORDS;
  if (Applies<P, AccountChange>) wants |= REFOLD_ACCOUNTS;
  if (Applies<P, IdentityChange>) wants |= REFOLD_IDENTITIES;
  if (P::manifest.history) wants |= REFOLD_HISTORY;
  if (P::manifest.account_status) wants |= REFOLD_ACCOUNT_STATUS;
  return wants;
}

inline refold_result fail(const refold_host* host, refold_result result, std::string_view why) {
  host->fail(host, abi_of(why));
  return result;
}

/// Runs `body`, and turns what it throws into a result with its reason.
template <class Body>
refold_result walled(const refold_host* host, Body&& body) noexcept {
  try {
    body();
    return REFOLD_OK;
  } catch (const HostFailed& failed) {
    return failed.result;
  } catch (const Retry& error) {
    return fail(host, REFOLD_RETRY, *error.what() != 0 ? error.what() : "to be tried again");
  } catch (const std::exception& error) {
    return fail(host, REFOLD_FAILED, *error.what() != 0 ? error.what() : "threw without a word");
  } catch (...) {
    return fail(host, REFOLD_FAILED, "threw something that is no std::exception");
  }
}

/// The same for a call into an instance, which may use `host` meanwhile. A failure of the host that
/// the author caught is one all the same.
template <class Body>
refold_result called(Projection& projection, const refold_host* host, Body&& body) noexcept {
  Instance& instance = instance_of(projection);
  instance.host = host;
  instance.failure = REFOLD_OK;
  const refold_result result = walled(host, body);
  instance.host = nullptr;
  return instance.failure != REFOLD_OK ? instance.failure : result;
}

template <class P>
void apply_one(P& projection, const refold_event& event) {
  Instance& instance = instance_of(projection);
  switch (event.kind) {
    case REFOLD_CREATE:
    case REFOLD_UPDATE:
    case REFOLD_DELETE:
      if constexpr (Applies<P, RecordChange>) projection.apply(RecordChange(instance, event));
      break;
    case REFOLD_ACCOUNT:
      if constexpr (Applies<P, AccountChange>) projection.apply(AccountChange(instance, event));
      break;
    case REFOLD_IDENTITY:
      if constexpr (Applies<P, IdentityChange>) projection.apply(IdentityChange(instance, event));
      break;
    default:
      if constexpr (Applies<P, Event>) projection.apply(Event(instance, event));
  }
}

/// The functions of a refold_projection. `self` is a Projection*, whatever P is.
template <class P>
struct Calls {
  static refold_result create(const refold_host* host, void** self) noexcept {
    return walled(host, [&] {
      auto made = std::make_unique<P>();
      auto& options = instance_of(*made).options;
      for (std::uint32_t i = 0; i < options.size(); ++i) {
        refold_bytes value{};
        const refold_result result = host->option(host, i, &value);
        if (result != REFOLD_OK) throw HostFailed{result};
        options[i].set(text_of(value));
      }
      *self = static_cast<Projection*>(made.release());
    });
  }
  static void destroy(void* self) noexcept { delete static_cast<Projection*>(self); }
  static refold_result apply(void* self, const refold_host* host, const refold_event* events,
                             std::size_t count) noexcept {
    auto& projection = static_cast<P&>(*static_cast<Projection*>(self));
    return called(projection, host, [&] {
      const auto* at = reinterpret_cast<const char*>(events);
      for (std::size_t i = 0; i < count; ++i) {
        const auto& event = *reinterpret_cast<const refold_event*>(at);
        apply_one(projection, event);
        at += event.size;
      }
    });
  }
};

/// A query's function is told neither which query it is nor of which projection, so each index has
/// one of its own.
inline constexpr std::size_t queries_max = 64;
inline refold_result run_query(void* self, const refold_host* host, const refold_bytes* arguments,
                               std::size_t index) noexcept {
  auto& projection = *static_cast<Projection*>(self);
  return called(projection, host, [&] {
    const std::string json = instance_of(projection).queries.at(index).run(arguments);
    const refold_result result = host->answer(host, abi_of(json));
    if (result != REFOLD_OK) throw HostFailed{result};
  });
}
using RunQuery = refold_result (*)(void*, const refold_host*, const refold_bytes*);
template <std::size_t... Index>
constexpr std::array<RunQuery, sizeof...(Index)> query_calls(std::index_sequence<Index...>) {
  return {[](void* self, const refold_host* host, const refold_bytes* arguments) {
    return run_query(self, host, arguments, Index);
  }...};
}

/// One projection as the host sees it: everything that a refold_projection and its queries point
/// to. Made from an instance that is never used.
class Declaration {
 public:
  template <class P>
  static std::unique_ptr<Declaration> of() {
    static_assert(std::is_base_of_v<Projection, P>, "refold: it must derive from Projection");
    static_assert(valid_name(P::manifest.name),
                  "refold: manifest.name is made of a-z, 0-9 and '-', the first a letter, at most "
                  "63");
    static_assert(Applies<P, RecordChange> || Applies<P, AccountChange> ||
                      Applies<P, IdentityChange> || Applies<P, Event>,
                  "refold: a projection has a function apply(const refold::RecordChange&)");
    auto made = std::make_unique<Declaration>();
    made->prototype_ = std::make_unique<P>();
    made->projection_.create = &Calls<P>::create;
    made->projection_.destroy = &Calls<P>::destroy;
    made->projection_.apply = &Calls<P>::apply;
    made->projection_.wants = wants_of<P>();
    made->declare(P::manifest);
    return made;
  }
  Declaration() = default;
  Declaration(const Declaration&) = delete;
  Declaration& operator=(const Declaration&) = delete;

  [[nodiscard]] const refold_projection& projection() const noexcept { return projection_; }
  /// Null at the end.
  [[nodiscard]] const refold_query* query(std::size_t index) const noexcept {
    return index < queries_.size() ? &queries_[index] : nullptr;
  }
  [[nodiscard]] const char* layout(std::size_t table) const noexcept {
    return table < layouts_.size() ? layouts_[table].c_str() : nullptr;
  }
  /// False if there is no such table, or these bytes are no row of it.
  [[nodiscard]] bool render(std::size_t table, ByteView key, ByteView row,
                            std::string& json) const {
    const auto& tables = instance_of(*prototype_).tables;
    return table < tables.size() && tables[table].render(key, row, json);
  }

 private:
  static refold_option option_of(const Argument& argument, std::uint32_t type) noexcept {
    refold_option option{};
    option.size = sizeof option;
    option.name = argument.name;
    option.summary = argument.summary;
    option.fallback = argument.fallback.text();
    option.least = argument.least;
    option.most = argument.most;
    option.type = type;
    return option;
  }
  template <class T>
  static std::vector<const T*> pointers_to(const std::vector<T>& items) {
    std::vector<const T*> pointers;
    for (const T& item : items) pointers.push_back(&item);
    return pointers;
  }
  void declare(const Manifest& manifest) {
    const Instance& instance = instance_of(*prototype_);
    for (const DeclaredTable& table : instance.tables) {
      tables_.push_back(table.name);
      layouts_.push_back(table.layout());
    }
    for (const auto& option : instance.options) {
      options_.push_back(option_of(option.argument, option.type));
    }
    option_pointers_ = pointers_to(options_);
    projection_.size = sizeof projection_;
    projection_.name = manifest.name;
    projection_.summary = manifest.summary;
    projection_.fold = manifest.fold;
    projection_.collection_count = manifest.collections.count;
    projection_.collections = manifest.collections.names.data();
    projection_.table_count = static_cast<std::uint32_t>(tables_.size());
    projection_.tables = tables_.data();
    projection_.option_count = static_cast<std::uint32_t>(options_.size());
    projection_.options = option_pointers_.data();
    declare_queries(instance.queries);
  }
  void declare_queries(const std::vector<DeclaredQuery>& queries) {
    static constexpr auto calls = query_calls(std::make_index_sequence<queries_max>());
    if (queries.size() > queries_max) throw std::length_error("more than 64 queries");
    for (std::size_t i = 0; i < queries.size(); ++i) {
      auto& parameters = *parameters_.emplace_back(std::make_unique<std::vector<refold_option>>());
      for (std::size_t j = 0; j < queries[i].parameters.size(); ++j) {
        parameters.push_back(option_of(queries[i].parameters[j], queries[i].types[j]));
      }
      parameter_pointers_.push_back(pointers_to(parameters));
      refold_query query{};
      query.size = sizeof query;
      query.name = queries[i].name;
      query.summary = queries[i].summary;
      query.parameter_count = static_cast<std::uint32_t>(parameters.size());
      query.parameters = parameter_pointers_.back().data();
      query.run = calls[i];
      queries_.push_back(query);
    }
  }

  std::unique_ptr<Projection> prototype_;
  std::vector<const char*> tables_;
  std::vector<std::string> layouts_;
  std::vector<refold_option> options_;
  std::vector<const refold_option*> option_pointers_;
  std::vector<std::unique_ptr<std::vector<refold_option>>> parameters_;  // of each query
  std::vector<std::vector<const refold_option*>> parameter_pointers_;
  std::vector<refold_query> queries_;
  refold_projection projection_{};
};

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
      declarations_ = made.release();
    });
  }
  static void stop() noexcept { delete std::exchange(declarations_, nullptr); }
  static const void* extension(const char* id) noexcept {
    const std::string_view wanted = id;
    if (wanted == "projection/1") return &declarations_->projections;
    if (wanted == "query/1") return &queries;
    if (wanted == "describe/1") return &describe;
    return nullptr;
  }

  static const Declaration* at(std::uint32_t projection) noexcept {
    return projection < sizeof...(Ps) ? declarations_->all[projection].get() : nullptr;
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
  static inline Declarations* declarations_ = nullptr;
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
