#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "refold/detail/wall.hpp"

namespace refold::detail {

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
    pointers.reserve(items.size());
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

}  // namespace refold::detail
