#include "beans.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace arabica::testing {
namespace {

const std::string huila = at(alice, Bean::type, "3khuila");
const std::string drumroll = at(alice, Roaster::type, "3kdrumroll");
const std::string harbour = at(alice, Roaster::type, "3kharbour");

struct BeansTest : ::testing::Test {
  TestLog log;
  Fold<Beans> fold;

  void brew_it(const char* rkey, const std::string& of, int rating) {
    log.create(bob, Brew::type, rkey, brew(of, rating));
  }
  void stock(const std::string& uri, const std::string& of) {
    const AtUri bag(uri);
    log.update(bag.authority(), bag.collection(), bag.rkey(), bean("a bean", of));
  }
  /// How often a bean or a roaster was rated, and to what sum.
  Score bean_score(const std::string& uri) {
    fold.apply(log);
    return fold->bean_scores.get(uri).value_or(Score{});
  }
  Score roaster_score(const std::string& uri) {
    fold.apply(log);
    return fold->roaster_scores.get(uri).value_or(Score{});
  }
};

TEST_F(BeansTest, ABrewRatesItsBeanAndTheRoasterOfThat) {
  stock(yirga, drumroll);
  brew_it("3k1", yirga, 8);
  brew_it("3k2", yirga, 9);
  EXPECT_EQ(bean_score(yirga), (Score{2, 17}));
  EXPECT_EQ(roaster_score(drumroll), (Score{2, 17}));
}

TEST_F(BeansTest, TheBeanMayComeAfterItsBrews) {
  brew_it("3k1", yirga, 8);
  EXPECT_EQ(roaster_score(drumroll), Score{});
  stock(yirga, drumroll);
  EXPECT_EQ(roaster_score(drumroll), (Score{1, 8}));
}

TEST_F(BeansTest, ABeanTakesItsScoreToAnotherRoaster) {
  stock(yirga, drumroll);
  brew_it("3k1", yirga, 8);
  stock(yirga, harbour);
  EXPECT_EQ(roaster_score(drumroll), Score{});
  EXPECT_EQ(roaster_score(harbour), (Score{1, 8}));
}

TEST_F(BeansTest, ABeanThatGoesLeavesItsRoasterAndKeepsItsRatings) {
  stock(yirga, drumroll);
  stock(huila, drumroll);
  brew_it("3k1", yirga, 8);
  brew_it("3k2", huila, 5);
  log.remove(alice, Bean::type, "3kyirga");
  EXPECT_EQ(roaster_score(drumroll), (Score{1, 5}));
  EXPECT_EQ(bean_score(yirga), (Score{1, 8}));
}

TEST_F(BeansTest, ARatingThatIsTakenBackDoesNotCount) {
  stock(yirga, drumroll);
  brew_it("3k1", yirga, 8);
  brew_it("3k2", yirga, 3);
  log.update(bob, Brew::type, "3k1", brew(yirga, 6));
  log.remove(bob, Brew::type, "3k2");
  EXPECT_EQ(bean_score(yirga), (Score{1, 6}));
  EXPECT_EQ(roaster_score(drumroll), (Score{1, 6}));
}

TEST_F(BeansTest, ARatingThatIsNoneIsNotCounted) {
  for (const int rating : {0, 11, -1, 1'000'000'000}) {
    log.update(bob, Brew::type, "3k" + std::to_string(rating + 2), brew(yirga, rating));
  }
  EXPECT_EQ(bean_score(yirga), Score{});
}

TEST_F(BeansTest, TheBestBeansAreOnTopTheirRoastersNamed) {
  log.create(alice, Roaster::type, "3kdrumroll", roaster("Drumroll"));
  log.create(alice, Bean::type, "3kyirga", bean("Yirga", drumroll, {{"origin", "Ethiopia"}}));
  log.create(alice, Bean::type, "3khuila", bean("Huila", harbour));
  brew_it("3k1", yirga, 7);
  brew_it("3k2", yirga, 10);
  brew_it("3k3", huila, 9);
  fold.apply(log);
  const std::string yirga_json = R"({"uri":"at://did:plc:alice/social.arabica.alpha.bean/3kyirga",)"
                                 R"("name":"Yirga","from":"Ethiopia","roaster":"Drumroll",)"
                                 R"("average":8.5,"rated":2})";
  EXPECT_EQ(fold.query("top", {{"least", "2"}}), "[" + yirga_json + "]");
  EXPECT_EQ(fold.query("top", {{"limit", "1"}}).find("Yirga"), std::string::npos);
  EXPECT_EQ(fold.query("roasters"),
            R"([{"uri":"at://did:plc:alice/social.arabica.alpha.roaster/3kdrumroll",)"
            R"("name":"Drumroll","from":null,"roaster":null,"average":8.5,"rated":2}])");
}

TEST_F(BeansTest, ABeanHasAPageOfItsBrewsTheNewestFirst) {
  stock(yirga, drumroll);
  const auto at_time = [&](const char* rkey, const char* time) {
    log.create(bob, Brew::type, rkey,
               object({{"$type", Brew::type}, {"beanRef", yirga}, {"createdAt", time}}));
  };
  at_time("3k1", "2025-12-01T08:00:00Z");
  at_time("3k2", "2025-12-03T08:00:00Z");
  at_time("3k3", "2025-12-02T08:00:00Z");
  fold.apply(log);
  const BeanPage page = fold->bean(AtUri(yirga), 2, {});
  ASSERT_EQ(page.brews.items.size(), 2U);
  EXPECT_EQ(page.bean->name, "a bean");
  EXPECT_EQ(page.brews.items[0].first.rkey(), "3k2");
  EXPECT_EQ(page.brews.items[1].first.rkey(), "3k3");
  const BeanPage last = fold->bean(AtUri(yirga), 2, page.brews.cursor.value());
  ASSERT_EQ(last.brews.items.size(), 1U);
  EXPECT_EQ(last.brews.items[0].first.rkey(), "3k1");
  EXPECT_FALSE(last.brews.cursor);
}

/// A brew of a bean, or a bean of a roaster.
struct RatedRecord {
  std::string of;
  int rating = 0;
};

TEST(Beans, HasTheScoresOfTheRecordsThatAreLeft) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    History<RatedRecord> history(seed);
    for (int i = 0; i < 1000; ++i) {
      const bool is_bean = history.below(3) == 0;
      const std::string uri = history.any(is_bean ? Bean::type : Brew::type);
      const std::size_t what = history.below(100);
      const int rating = static_cast<int>(history.below(10)) + 1;
      const std::string of = history.any(is_bean ? Roaster::type : Bean::type);
      if (what == 0) {
        history.delete_account(history.any_did());
      } else if (what < 30) {
        history.remove(uri);
      } else {
        history.put(uri, is_bean ? bean("a bean", of) : brew(of, rating), {of, rating});
      }
    }
    std::map<std::string, Score> of_beans;
    std::map<std::string, Score> of_roasters;
    for (const auto& [uri, brewed] : history.facts()) {
      if (AtUri(uri).collection() != Brew::type) continue;
      const auto add = [&](Score& score) { score = {score.rated + 1, score.sum + brewed.rating}; };
      add(of_beans[brewed.of]);
      const auto bag = history.facts().find(brewed.of);
      if (bag != history.facts().end()) add(of_roasters[bag->second.of]);
    }
    Fold<Beans> fold;
    fold.apply(history.log());
    EXPECT_EQ(rows(fold->bean_scores), rows(of_beans)) << seed;
    EXPECT_EQ(rows(fold->roaster_scores), rows(of_roasters)) << seed;
    EXPECT_FALSE(of_roasters.empty());
  }
}

TEST(Beans, IsAFold) {
  // The beans and roasters of the conformance test: some brews find theirs.
  const std::string bag = at("did:plc:conformance1", Bean::type, "3kconformance1");
  const auto report =
      conformance<Beans>({brew(bag, 7), brew(bag, 3, {{"tastingNotes", "plum"}}), brew(huila, 10),
                          bean("Yirga", drumroll), bean("Huila", harbour), roaster("Drumroll")});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace arabica::testing
