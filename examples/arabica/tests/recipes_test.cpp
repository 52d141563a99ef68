#include "recipes.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace arabica::testing {
namespace {

const std::string mother = at(alice, Recipe::type, "3kmother");
const std::string daughter = at(bob, Recipe::type, "3kdaughter");

Data recipe(const std::string& name, const std::string& source = "") {
  Fields fields = {{"name", name}};
  if (!source.empty()) fields.emplace_back("sourceRef", source);
  return record(Recipe::type, std::move(fields));
}

struct RecipesTest : ::testing::Test {
  TestLog log;
  Fold<Recipes> fold;

  void write(const std::string& uri, const Data& data) {
    const AtUri to(uri);
    log.update(to.authority(), to.collection(), to.rkey(), data);
    fold.apply(log);
  }
  std::string lineage(const std::string& uri) {
    std::string names;
    for (const RecipeAnswer& step : fold->lineage(AtUri(uri))) {
      names += (names.empty() ? "" : " < ") + (step.name.empty() ? "?" : step.name);
    }
    return names;
  }
};

TEST_F(RecipesTest, AForkIsFoundByItsSourceAndTheSourceByTheFork) {
  write(daughter, recipe("stronger", mother));
  EXPECT_EQ(lineage(daughter), "stronger < ?");
  write(mother, recipe("morning cone"));
  EXPECT_EQ(lineage(daughter), "stronger < morning cone");
  EXPECT_EQ(
      fold.query("forks", {{"uri", mother}}),
      R"({"items":[{"uri":")" + daughter + R"(","name":"stronger","forks":0}],"cursor":null})");
  EXPECT_EQ(fold.query("top"), R"([{"uri":")" + mother + R"(","name":"morning cone","forks":1}])");
}

TEST_F(RecipesTest, AForkThatGoesOrNamesAnotherSourceIsNone) {
  write(mother, recipe("morning cone"));
  write(daughter, recipe("stronger", mother));
  write(daughter, recipe("my own"));
  EXPECT_EQ(fold.query("top"), "[]");
  write(daughter, recipe("stronger", mother));
  log.remove(bob, Recipe::type, "3kdaughter");
  fold.apply(log);
  EXPECT_TRUE(fold.rows("fork-counts").empty());
  EXPECT_TRUE(fold.rows("forks-of").empty());
}

TEST_F(RecipesTest, ACircleHasAnEnd) {
  write(mother, recipe("chicken", daughter));
  write(daughter, recipe("egg", mother));
  EXPECT_EQ(fold->lineage(AtUri(mother)).size(), 50U);
}

TEST(Recipes, HasTheForksOfTheRecordsThatAreLeft) {
  History<std::string> history(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string uri = history.any(Recipe::type);
    const std::string source = history.below(3) == 0 ? "" : history.any(Recipe::type);
    if (history.below(3) == 0) {
      history.remove(uri);
    } else {
      history.put(uri, recipe("so", source), source);
    }
  }
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, std::vector<std::string>> forks;
  for (const auto& [uri, source] : history.facts()) {
    if (source.empty()) continue;
    ++counts[source];
    forks[source].push_back(uri);
  }
  Fold<Recipes> fold;
  fold.apply(history.log());
  EXPECT_EQ(rows(fold->fork_counts), rows(counts));
  for (const auto& [source, expected] : forks) {
    std::vector<std::string> found;
    for (const auto& fork : fold->forks(AtUri(source), 100, {}).items) {
      found.push_back(fork.uri.text());
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(Recipes, IsAFold) {
  const auto report = conformance<Recipes>(
      {recipe("morning cone"), recipe("stronger", mother), recipe("stranger", daughter)});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace arabica::testing
