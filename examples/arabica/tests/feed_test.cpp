#include "feed.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace arabica::testing {
namespace {

Data brew_at(const std::string& time, int rating = 7) {
  return object(
      {{"$type", Brew::type}, {"beanRef", yirga}, {"rating", rating}, {"createdAt", time}});
}
Data profile(const std::string& name) { return record(Profile::type, {{"displayName", name}}); }

struct FeedTest : ::testing::Test {
  TestLog log;
  Fold<Feed> fold;

  static std::string keys(const std::vector<FeedItem>& items) {
    std::string text;
    for (const FeedItem& item : items) {
      text += (text.empty() ? "" : " ") + std::string(item.uri.rkey());
    }
    return text;
  }
  std::string newest() {
    fold.apply(log);
    return keys(fold->newest(100, {}).items);
  }
};

TEST_F(FeedTest, TheNewestIsFirstWheneverItCame) {
  log.create(alice, Brew::type, "3k1", brew_at("2025-12-01T08:00:00Z"));
  log.create(bob, Brew::type, "3k3", brew_at("2025-12-03T08:00:00Z"));
  log.create(alice, Brew::type, "3k2", brew_at("2025-12-02T08:00:00Z"));
  EXPECT_EQ(newest(), "3k3 3k2 3k1");
}

TEST_F(FeedTest, NobodyStaysOnTopByATimeInTheFuture) {
  log.create(alice, Brew::type, "3kfuture", brew_at("2099-01-01T00:00:00Z"));
  log.create(bob, Brew::type, "3know", brew_at("once upon a time"));
  EXPECT_EQ(newest(), "3know 3kfuture");
}

TEST_F(FeedTest, APageGoesOnWhereTheLastOneEndedWhateverCameMeanwhile) {
  for (int i = 1; i <= 5; ++i) {
    log.create(alice, Brew::type, "3k" + std::to_string(i),
               brew_at("2025-12-0" + std::to_string(i) + "T08:00:00Z"));
  }
  fold.apply(log);
  const auto first = fold->newest(2, {});
  EXPECT_EQ(keys(first.items), "3k5 3k4");
  log.create(bob, Brew::type, "3k6", brew_at("2025-12-06T08:00:00Z"));
  log.remove(alice, Brew::type, "3k4");
  fold.apply(log);
  const auto second = fold->newest(2, first.cursor.value());
  EXPECT_EQ(keys(second.items), "3k3 3k2");
  EXPECT_EQ(keys(fold->newest(2, second.cursor.value()).items), "3k1");
}

TEST_F(FeedTest, AnEntrySaysWhoMadeWhatOfWhichBean) {
  log.create(bob, Brew::type, "3k1", brew_at("2025-12-03T08:00:00Z"));
  EXPECT_EQ(newest(), "3k1");
  EXPECT_EQ(fold->newest(1, {}).items[0].who, bob);
  EXPECT_FALSE(fold->newest(1, {}).items[0].name);
  log.identity(bob, "bob.example.com");
  log.create(alice, Bean::type, "3kyirga", bean("Yirga", at(alice, Roaster::type, "3k")));
  fold.apply(log);
  const auto page = fold->newest(2, {});
  EXPECT_EQ(keys(page.items), "3kyirga 3k1");
  EXPECT_EQ(page.items[1].who, "bob.example.com");
  EXPECT_EQ(page.items[1].what, "brew");
  EXPECT_EQ(page.items[1].name, "Yirga");
  EXPECT_EQ(page.items[1].rating, 7);
}

TEST_F(FeedTest, APersonHasANameAndCountsAndEntries) {
  log.identity(bob, "bob.example.com");
  log.create(bob, Profile::type, "self", profile("Bob"));
  log.create(bob, Brew::type, "3k1", brew_at("2025-12-03T08:00:00Z"));
  log.create(bob, Brew::type, "3k2", brew_at("2025-12-04T08:00:00Z"));
  log.create(bob, Roaster::type, "3k3", roaster("Drumroll")).remove(bob, Brew::type, "3k1");
  log.create(alice, Brew::type, "3k9", brew_at("2025-12-05T08:00:00Z"));
  fold.apply(log);
  const PersonPage page = fold->person(Did(bob), 10, {});
  EXPECT_EQ(page.handle, "bob.example.com");
  EXPECT_EQ(page.name, "Bob");
  EXPECT_EQ(page.counts, (std::map<std::string, std::uint64_t>{{"brew", 1}, {"roaster", 1}}));
  EXPECT_EQ(keys(page.items.items), "3k3 3k2");
}

TEST_F(FeedTest, WhoLeavesForAWhileIsNotSeenMeanwhile) {
  log.create(bob, Brew::type, "3k1", brew_at("2025-12-03T08:00:00Z"));
  log.account(bob, false, "deactivated");
  EXPECT_EQ(newest(), "");
  log.account(bob, true);
  EXPECT_EQ(newest(), "3k1");
}

TEST_F(FeedTest, OfAnAccountThatIsDeletedNothingIsLeft) {
  log.identity(bob, "bob.example.com").create(bob, Profile::type, "self", profile("Bob"));
  log.create(bob, Brew::type, "3k1", brew_at("2025-12-03T08:00:00Z"));
  log.account(bob, false, "deleted");
  fold.apply(log);
  for (const char* const table : {"entries", "by-time", "by-person", "people", "counts"}) {
    EXPECT_TRUE(fold.rows(table).empty()) << table;
  }
}

TEST(Feed, HasTheEntriesOfTheRecordsThatAreLeft) {
  History<int> history(1);  // minutes
  for (int i = 0; i < 2000; ++i) {
    const std::string uri = history.any(Brew::type);
    const int minute = static_cast<int>(history.below(50)) + 10;
    if (history.below(3) == 0) {
      history.remove(uri);
    } else {
      history.put(uri, brew_at("2025-12-24T08:" + std::to_string(minute) + ":00Z"), minute);
    }
  }
  std::set<std::pair<int, std::string>> by_time;
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [uri, minute] : history.facts()) {
    by_time.emplace(minute, uri);
    ++counts[std::string(AtUri(uri).authority())];
  }
  std::vector<std::string> expected;
  for (auto entry = by_time.rbegin(); entry != by_time.rend(); ++entry) {
    expected.push_back(entry->second);
  }
  Fold<Feed> fold;
  fold.apply(history.log());
  std::vector<std::string> found;
  refold::Cursor cursor;
  do {
    const auto page = fold->newest(7, cursor);
    for (const FeedItem& item : page.items) found.push_back(item.uri.text());
    cursor = page.cursor.value_or(refold::Cursor());
  } while (!cursor.empty());
  EXPECT_EQ(found, expected);
  for (const auto& [did, count] : counts) {
    EXPECT_EQ(fold->person(Did(did), 1, {}).counts["brew"], count);
  }
}

TEST(Feed, IsAFold) {
  const auto report = conformance<Feed>({brew_at("2025-12-03T08:00:00Z"),
                                         brew_at("nonsense", 3),
                                         bean("Yirga", yirga),
                                         roaster("Drumroll"),
                                         {Profile::type, profile("Bob")}});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace arabica::testing
