#include "gear.hpp"

#include <gtest/gtest.h>

#include <array>

#include "world.hpp"

namespace arabica::testing {
namespace {

const std::string mill = at(alice, Named::grinder, "3kmill");
const std::string cone = at(alice, Named::brewer, "3kcone");

Data brew_with(const std::string& of, const std::string& grinder, const std::string& brewer) {
  return record(Brew::type, {{"beanRef", of}, {"grinderRef", grinder}, {"brewerRef", brewer}});
}

TEST(Gear, CountsWhatABrewWasMadeWith) {
  TestLog log;
  Fold<Gear> fold;
  log.create(bob, Brew::type, "3k1", brew_with(yirga, mill, cone));
  log.create(bob, Brew::type, "3k2", brew(yirga, 7));
  fold.apply(log);
  EXPECT_EQ(fold.query("count", {{"uri", yirga}}), "2");
  EXPECT_EQ(fold.query("count", {{"uri", mill}}), "1");
  log.update(bob, Brew::type, "3k1", brew_with(yirga, cone, mill)).remove(bob, Brew::type, "3k2");
  fold.apply(log);
  EXPECT_EQ(fold->brews.get(AtUri(yirga)), 1U);
  log.remove(bob, Brew::type, "3k1");
  fold.apply(log);
  EXPECT_TRUE(fold.rows("brews").empty());
  EXPECT_TRUE(fold.rows("most-used").empty());
}

TEST(Gear, WhatIsUsedMostIsOnTopAmongItsLike) {
  TestLog log;
  Fold<Gear> fold;
  log.create(alice, Named::grinder, "3kmill", record(Named::grinder, {{"name", "Old mill"}}));
  log.create(bob, Brew::type, "3k1", brew_with(yirga, mill, cone));
  log.create(bob, Brew::type, "3k2", brew_with(yirga, mill, cone));
  log.create(bob, Brew::type, "3k3", brew_with(yirga, at(bob, Named::grinder, "3kother"), cone));
  fold.apply(log);
  EXPECT_EQ(fold.query("most", {{"limit", "1"}}),
            R"([{"uri":")" + mill + R"(","name":"Old mill","brews":2}])");
  EXPECT_EQ(fold.query("most", {{"kind", "brewer"}}),
            R"([{"uri":")" + cone + R"(","name":"","brews":3}])");
  EXPECT_EQ(fold.query("most", {{"kind", "spoon"}}), "[]");
}

TEST(Gear, HasTheCountsOfTheBrewsThatAreLeft) {
  using Fact = std::array<std::string, 3>;
  History<Fact> history(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string uri = history.any(Brew::type);
    const Fact with = {history.any(Bean::type), history.any(Named::grinder),
                       history.any(Named::brewer)};
    if (history.below(3) == 0) {
      history.remove(uri);
    } else {
      history.put(uri, brew_with(with[0], with[1], with[2]), with);
    }
  }
  std::map<std::string, std::uint64_t> model;
  for (const auto& [uri, with] : history.facts()) {
    for (const std::string& used : with) ++model[used];
  }
  Fold<Gear> fold;
  fold.apply(history.log());
  EXPECT_EQ(rows(fold->brews), rows(model));
}

TEST(Gear, IsAFold) {
  const auto report =
      conformance<Gear>({brew_with(yirga, mill, cone), brew(yirga, 7), bean("Yirga", cone),
                         record(Named::grinder, {{"name", "Old mill"}})});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace arabica::testing
