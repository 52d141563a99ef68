#include "stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <refold/testing.hpp>
#include <set>

namespace refold::plugins {
namespace {

using testing::conformance;
using testing::Data;
using testing::Fold;
using ::testing::HasSubstr;
using testing::object;
using testing::TestLog;

constexpr const char* alice = "did:plc:alice";
constexpr const char* bob = "did:plc:bob";
constexpr const char* post = "app.bsky.feed.post";
constexpr const char* like = "app.bsky.feed.like";

Data post_of(const std::string& text) { return object({{"$type", post}, {"text", text}}); }
std::size_t size_of(const std::string& text) { return post_of(text).bytes().size(); }

/// "creates updates deletes others bytes actors"
std::string text_of(const std::optional<Activity>& activity) {
  if (!activity) return "none";
  std::string text;
  for (const std::uint64_t number : {activity->creates, activity->updates, activity->deletes,
                                     activity->others, activity->bytes, activity->actors}) {
    text += (text.empty() ? "" : " ") + std::to_string(number);
  }
  return text;
}

constexpr std::chrono::days one_day{1};

TEST(Stats, EventsAndBytesAreCountedPerCollectionAndForAll) {
  TestLog log;
  log.create(alice, post, "3a", post_of("a"));
  log.update(alice, post, "3a", post_of("bcd"));
  log.create(bob, like, "3b", post_of("e"));
  log.remove(alice, post, "3a");
  log.identity(alice).account(bob, false).other(REFOLD_GAP, "");
  Fold<Stats> fold;
  fold.apply(log);
  const std::string bytes = std::to_string(size_of("a") + size_of("bcd"));
  EXPECT_EQ(text_of(fold->totals.get(post)), "1 1 1 0 " + bytes + " 1");
  EXPECT_EQ(text_of(fold->totals.get("")),
            "2 1 1 3 " + std::to_string(size_of("a") + size_of("bcd") + size_of("e")) + " 2");
  EXPECT_EQ(fold.query("total", {{"collection", like}}),
            R"({"collection":"app.bsky.feed.like","events":1,"creates":1,"updates":0,"deletes":0,)"
            R"("others":0,"bytes":)" +
                std::to_string(size_of("e")) + R"(,"actors":1})");
  EXPECT_THAT(fold.query("total", {{"collection", "none.such.thing"}}), HasSubstr("\"events\":0"));
}

TEST(Stats, EachKindIsCounted) {
  TestLog log;
  log.create(alice, post, "3a", post_of("a")).remove(alice, post, "3a").identity(bob);
  log.other(REFOLD_SYNC, alice).other(200, alice).account(alice, true);
  Fold<Stats> fold;
  fold.apply(log);
  EXPECT_EQ(fold.query("kinds"),
            R"([["account",{"events":1,"bytes":0}],["create",{"events":1,"bytes":)" +
                std::to_string(size_of("a")) +
                R"(}],["delete",{"events":1,"bytes":0}],["identity",{"events":1,"bytes":0}],)"
                R"(["other",{"events":1,"bytes":0}],["sync",{"events":1,"bytes":0}]])");
}

TEST(Stats, WhatIsLateOrChangesNothingWasWitnessedToo) {
  TestLog log;
  log.create(alice, post, "3a", post_of("a"));
  log.create(alice, post, "3a", post_of("a"));
  log.late().update(alice, post, "3a", post_of("b"));
  log.create_without_record(alice, post, "3b");
  Fold<Stats> fold;
  fold.apply(log);
  EXPECT_EQ(text_of(fold->totals.get(post)), "3 1 0 0 " + std::to_string(3 * size_of("a")) + " 1");
}

TEST(Stats, AnActorIsCountedOnceADayAndOnceInAll) {
  TestLog log;
  log.create(alice, post, "3a", post_of("a")).create(alice, post, "3b", post_of("b"));
  log.create(bob, post, "3a", post_of("a")).create(bob, like, "3a", post_of("a"));
  log.pass(one_day);
  log.create(alice, like, "3b", post_of("b"));
  log.pass(2 * one_day);
  log.remove(alice, post, "3a").remove(alice, post, "3b");
  Fold<Stats> fold;
  fold.apply(log);
  EXPECT_EQ(fold->totals.get("")->actors, 2U);
  EXPECT_EQ(fold->totals.get(post)->actors, 2U);
  EXPECT_EQ(fold->totals.get(like)->actors, 2U);
  EXPECT_EQ(fold.rows("actors").size(), 6U);
  std::string days;
  fold->days.scan([&days](const std::tuple<std::string, Time>& key, const Activity& activity) {
    days += std::get<0>(key) + " " + to_text(std::get<1>(key)).substr(8, 2) + " " +
            std::to_string(activity.actors) + "; ";
  });
  EXPECT_EQ(days,
            " 01 2;  02 1;  04 1; app.bsky.feed.like 01 1; app.bsky.feed.like 02 1; "
            "app.bsky.feed.post 01 2; app.bsky.feed.post 04 1; ");
}

TEST(Stats, DaysAreAnsweredNewestFirstInPages) {
  TestLog log;
  log.create(alice, post, "3a", post_of("a"));
  log.pass(one_day);
  log.create(alice, post, "3b", post_of("b"));
  log.pass(one_day);
  log.create(alice, post, "3c", post_of("c"));
  Fold<Stats> fold;
  fold.apply(log);
  const std::string two = fold.query("days", {{"collection", post}, {"limit", "2"}});
  EXPECT_THAT(two, HasSubstr(R"("items":[{"day":"2026-01-03","events":1)"));
  EXPECT_THAT(two, HasSubstr(R"({"day":"2026-01-02")"));
  const std::string cursor = two.substr(two.find("\"cursor\":\"") + 10);
  const std::string last =
      fold.query("days", {{"collection", post}, {"cursor", cursor.substr(0, cursor.find('"'))}});
  EXPECT_THAT(last, HasSubstr(R"("items":[{"day":"2026-01-01")"));
  EXPECT_THAT(last, HasSubstr(R"("cursor":null)"));
}

TEST(Stats, CollectionsAreListedByNameAndByWhatIsMost) {
  TestLog log;
  for (int i = 0; i < 3; ++i) log.create(alice, "a.b.few", std::to_string(i), post_of("long text"));
  for (int i = 0; i < 9; ++i) log.create(alice, "a.b.many", std::to_string(i), post_of(""));
  for (const char* const did : {alice, bob}) log.create(did, "c.d.two", "3a", post_of(""));
  Fold<Stats> fold;
  fold.apply(log);
  const auto names = [](const std::string& json) {
    std::string found;
    const std::string before = "\"collection\":\"";
    for (std::size_t at = 0; (at = json.find(before, at)) != json.npos;) {
      at += before.size();
      found += json.substr(at, json.find('"', at) - at) + " ";
    }
    return found;
  };
  EXPECT_EQ(names(fold.query("collections")), "a.b.few a.b.many c.d.two ");
  EXPECT_EQ(names(fold.query("collections", {{"prefix", "a.b."}})), "a.b.few a.b.many ");
  EXPECT_EQ(names(fold.query("collections", {{"limit", "1"}})), "a.b.few ");
  EXPECT_EQ(names(fold.query("top")), "a.b.many a.b.few c.d.two ");
  EXPECT_EQ(names(fold.query("top", {{"by", "actors"}, {"limit", "1"}})), "c.d.two ");
  EXPECT_EQ(names(fold.query("top", {{"by", "bytes"}, {"limit", "2"}})), "a.b.many a.b.few ");
  EXPECT_THROW((void)fold.query("top", {{"by", "beauty"}}), std::runtime_error);
}

TEST(Stats, CountsWhatAListOfTheEventsCounts) {
  std::mt19937_64 random(1);
  TestLog log;
  std::map<std::string, std::set<std::string>> actors;
  std::map<std::string, std::uint64_t> bytes;
  std::map<std::string, std::uint64_t> events;
  for (int i = 0; i < 4000; ++i) {
    const std::string did = "did:plc:" + std::to_string(random() % 30);
    const std::string collection = "a.b.c" + std::to_string(random() % 5);
    const Data record = post_of(std::string(random() % 50, 'x'));
    const bool removes = random() % 3 == 0;
    if (removes) log.remove(did, collection, std::to_string(random() % 9));
    if (!removes) log.create(did, collection, std::to_string(random() % 9), record);
    for (const std::string& of : {collection, std::string()}) {
      actors[of].insert(did);
      bytes[of] += removes ? 0 : record.bytes().size();
      ++events[of];
    }
  }
  Fold<Stats> fold;
  fold.apply(log);
  for (const auto& [of, count] : events) {
    const Activity activity = fold->totals.get(of).value();
    EXPECT_EQ(activity.events(), count) << of;
    EXPECT_EQ(activity.bytes, bytes[of]) << of;
    EXPECT_EQ(activity.actors, actors[of].size()) << of;
  }
}

TEST(Stats, IsAFold) {
  const auto report = conformance<Stats>({post_of("one"), {like, post_of("two")}});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace refold::plugins
