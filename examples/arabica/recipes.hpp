#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "records.hpp"

namespace arabica {

struct RecipeRow {
  std::string name;
  std::optional<AtUri> source;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(name), REFOLD_FIELD(source));
  }
};

/// A recipe as it is answered. A source that is not here has no name.
struct RecipeAnswer {
  AtUri uri;
  std::string name;
  std::uint64_t forks = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(uri), REFOLD_FIELD(name), REFOLD_FIELD(forks));
  }
};

/// Recipes, and which of them were made from which.
struct Recipes : refold::Projection {
  static constexpr refold::Manifest manifest{.name = "recipes",
                                             .summary = "recipes, and what was made of them",
                                             .fold = 1,
                                             .collections = {Recipe::type}};

  refold::Table<AtUri, RecipeRow> recipes{*this, "recipes"};
  refold::Index<AtUri, AtUri, RecipeRow> forks_of{recipes, "forks-of", &RecipeRow::source};
  refold::Table<AtUri, std::uint64_t> fork_counts{*this, "fork-counts"};
  refold::Index<std::uint64_t, AtUri, std::uint64_t> most_forked{
      fork_counts, "most-forked", [](std::uint64_t count) { return count; }};

  void apply(const refold::RecordChange& change) {
    if (auto old = change.previous<Recipe>(); old && old->source) {
      fork_counts.update(*old->source, [](auto& count) { --count; });
    }
    if (auto now = change.record<Recipe>(); now && now->source) {
      fork_counts.update(*now->source, [](auto& count) { ++count; });
    }
    if (auto now = change.record<Recipe>()) {
      recipes.put(change.uri(), {now->name, now->source});
    } else {
      recipes.remove(change.uri());
    }
  }

  refold::Page<RecipeAnswer> forks(const AtUri& uri, std::size_t limit,
                                   const refold::Cursor& cursor) const {
    return refold::page(forks_of, forks_of.prefix(uri), cursor, limit,
                        [this](const AtUri& /*of*/, const AtUri& fork) { return answer(fork); });
  }
  refold::Query forks_query{*this,
                            "forks",
                            "what was made of a recipe",
                            &Recipes::forks,
                            {{.name = "uri"},
                             {.name = "limit", .fallback = 50, .least = 1, .most = 100},
                             {.name = "cursor", .summary = "of the page before"}}};

  /// A recipe, what it was made from, and so on, up to the first one; or as far as that is known.
  std::vector<RecipeAnswer> lineage(const AtUri& uri) const {
    constexpr std::size_t most = 50;  // anybody may write a circle
    std::vector<RecipeAnswer> found = {answer(uri)};
    for (auto row = recipes.get(uri); row && row->source && found.size() < most;) {
      const AtUri source = *row->source;
      found.push_back(answer(source));
      row = recipes.get(source);
    }
    return found;
  }
  refold::Query lineage_query{*this,
                              "lineage",
                              "what a recipe was made from, step by step",
                              &Recipes::lineage,
                              {{.name = "uri"}}};

  std::vector<RecipeAnswer> top(std::size_t limit) const {
    std::vector<RecipeAnswer> found;
    most_forked.scan(most_forked.all().backwards(), [&](std::uint64_t /*count*/, const AtUri& uri) {
      found.push_back(answer(uri));
      return found.size() < limit;
    });
    return found;
  }
  refold::Query top_query{*this,
                          "top",
                          "the recipes that most others were made from",
                          &Recipes::top,
                          {{.name = "limit", .fallback = 10, .least = 1, .most = 100}}};

 private:
  RecipeAnswer answer(const AtUri& uri) const {
    return {uri, recipes.get(uri).value_or(RecipeRow{}).name, fork_counts.get(uri).value_or(0)};
  }
};

}  // namespace arabica
