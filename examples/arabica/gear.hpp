#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "records.hpp"

namespace arabica {

/// Something that coffee was made with, and how often.
struct Used {
  AtUri uri;
  std::string name;
  std::uint64_t brews = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(name), REFOLD_FIELD(brews));
  }
};

/// How much was brewed of each bean, by each recipe, with each grinder and brewer.
struct Gear : refold::Projection {
  static constexpr refold::Manifest manifest{
      .name = "gear",
      .summary = "how often beans, recipes, grinders and brewers are used",
      .fold = 1,
      .collections = {Brew::type, Bean::type, Recipe::type, Named::grinder, Named::brewer}};

  refold::Table<AtUri, std::uint64_t> brews{*this, "brews"};
  refold::Table<AtUri, std::string> names{*this, "names"};

  /// By collection and count.
  using Rank = std::tuple<std::string, std::uint64_t>;
  refold::Index<Rank, AtUri, std::uint64_t> most_used{
      brews, "most-used",
      [](const AtUri& uri, std::uint64_t count) { return Rank(uri.collection(), count); }};

  void apply(const refold::RecordChange& change) {
    if (change.collection() == Brew::type) {
      if (auto old = change.previous<Brew>()) count(*old, -1);
      if (auto now = change.record<Brew>()) count(*now, +1);
    } else if (auto now = change.record<Named>()) {
      names.put(change.uri(), now->name);
    } else {
      names.remove(change.uri());
    }
  }

  std::uint64_t count_of(const AtUri& uri) const { return brews.get(uri).value_or(0); }
  refold::Query count_query{
      *this, "count", "how often something is used", &Gear::count_of, {{.name = "uri"}}};

  std::vector<Used> most(const std::string& kind, std::size_t limit) const {
    std::vector<Used> found;
    most_used.scan(most_used.prefix("social.arabica.alpha." + kind).backwards(),
                   [&](const Rank& rank, const AtUri& uri) {
                     found.push_back({uri, names.get(uri).value_or(""), std::get<1>(rank)});
                     return found.size() < limit;
                   });
    return found;
  }
  refold::Query most_query{
      *this,
      "most",
      "what is used most",
      &Gear::most,
      {{.name = "kind", .summary = "bean, recipe, grinder or brewer", .fallback = "grinder"},
       {.name = "limit", .fallback = 10, .least = 1, .most = 100}}};

 private:
  void count(const Brew& brew, int by) {
    for (const auto& used : {std::optional(brew.bean), brew.grinder, brew.brewer, brew.recipe}) {
      if (used) brews.update(*used, [by](std::uint64_t& count) { count += std::uint64_t(by); });
    }
  }
};

}  // namespace arabica
