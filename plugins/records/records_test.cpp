#include "records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <refold/testing.hpp>

namespace refold::plugins {
namespace {

using testing::conformance;
using testing::Data;
using testing::Fold;
using ::testing::HasSubstr;
using testing::object;
using testing::TestLog;
using testing::Values;

constexpr const char* alice = "did:plc:alice";
constexpr const char* bob = "did:plc:bob";
constexpr const char* post = "app.bsky.feed.post";
constexpr const char* like = "app.bsky.feed.like";

Data post_of(const std::string& text) { return object({{"$type", post}, {"text", text}}); }

struct RecordsTest : ::testing::Test {
  TestLog log;
  Fold<Records> fold;

  std::string get(const std::string& uri, Values more = {}) {
    fold.apply(log);
    more.emplace_back("uri", uri);
    return fold.query("get", more);
  }
  std::string count(const Values& of = {}) {
    fold.apply(log);
    return fold.query("count", of);
  }
  /// The keys of a page, and its cursor.
  std::pair<std::string, std::string> list(Values more) {
    fold.apply(log);
    more.emplace_back("repo", alice);
    more.emplace_back("collection", post);
    const std::string json = fold.query("list", more);
    std::string keys;
    const std::string before = std::string("at://") + alice + "/" + post + "/";
    for (std::size_t at = 0; (at = json.find(before, at)) != json.npos;) {
      at += before.size();
      keys += json.substr(at, json.find('"', at) - at) + " ";
    }
    const std::string cursor = "\"cursor\":\"";
    const std::size_t at = json.find(cursor);
    if (at == json.npos) return {keys, ""};
    return {keys, json.substr(at + cursor.size(), json.rfind('"') - at - cursor.size())};
  }
};

TEST_F(RecordsTest, TheNewestVersionIsAnsweredAsTheProtocolWritesIt) {
  log.create(alice, post, "3k", post_of("one"));
  const Data record =
      object({{"$type", post}, {"bytes", Bytes{1, 2}}, {"link", Cid::of_record({})}});
  log.update(alice, post, "3k", record);
  const std::string rev = Tid{log.back().rev}.text();
  EXPECT_EQ(get("at://did:plc:alice/app.bsky.feed.post/3k"),
            R"({"uri":"at://did:plc:alice/app.bsky.feed.post/3k","cid":")" +
                Cid::of_record(record.bytes()).text() + R"(","rev":")" + rev +
                R"(","seq":2,"value":{"link":{"$link":")" + Cid::of_record({}).text() +
                R"("},"$type":"app.bsky.feed.post","bytes":{"$bytes":"AQI"}}})");
}

TEST_F(RecordsTest, BytesAreKeptAsTheyWere) {
  log.create(alice, post, "3k", Data::raw({0xff, 0x00, 0x01}));
  fold.apply(log);
  EXPECT_EQ(fold->records.get({alice, post, "3k"})->record.bytes(), (Bytes{0xff, 0x00, 0x01}));
}

TEST_F(RecordsTest, ARemovedRecordIsGoneUntilItIsCreatedAgain) {
  log.create(alice, post, "3k", post_of("one"));
  EXPECT_THAT(get("at://did:plc:alice/app.bsky.feed.post/3k"), HasSubstr("one"));
  log.remove(alice, post, "3k");
  EXPECT_EQ(get("at://did:plc:alice/app.bsky.feed.post/3k"), "null");
  EXPECT_TRUE(fold.rows("records").empty());
  log.create(alice, post, "3k", post_of("two"));
  EXPECT_THAT(get("at://did:plc:alice/app.bsky.feed.post/3k"), HasSubstr("two"));
}

TEST_F(RecordsTest, ALateVersionChangesNothing) {
  log.create(alice, post, "3k", post_of("new"));
  log.late().update(alice, post, "3k", post_of("old"));
  EXPECT_THAT(get("at://did:plc:alice/app.bsky.feed.post/3k"), HasSubstr("new"));
  EXPECT_EQ(count(), "1");
}

TEST_F(RecordsTest, AVersionThatDidNotComeTakesTheOldOneAway) {
  log.create(alice, post, "3k", post_of("one"));
  log.create_without_record(alice, post, "3k");
  EXPECT_EQ(get("at://did:plc:alice/app.bsky.feed.post/3k"), "null");
  EXPECT_EQ(count(), "0");
  log.update(alice, post, "3k", post_of("three"));
  EXPECT_EQ(count(), "1");
  log.create_without_record(alice, post, "3k");
  log.remove(alice, post, "3k");
  log.remove(alice, post, "never");
  EXPECT_EQ(count(), "0");
  EXPECT_TRUE(fold.rows("counts").empty());
  EXPECT_TRUE(fold.rows("collections").empty());
}

TEST_F(RecordsTest, AListHasAllKeysInOrderWhateverThePages) {
  for (const char* const key : {"3c", "3a", "3e", "3b", "3d"}) {
    log.create(alice, post, key, post_of(key));
  }
  log.create(alice, like, "3a", post_of("another collection"));
  log.create(bob, post, "3a", post_of("another repo"));
  EXPECT_EQ(list({}), std::pair(std::string("3e 3d 3c 3b 3a "), std::string()));
  for (const bool reverse : {false, true}) {
    for (int limit = 1; limit <= 6; ++limit) {
      std::string keys;
      std::string cursor;
      int pages = 0;
      do {
        const auto page = list({{"limit", std::to_string(limit)},
                                {"cursor", cursor},
                                {"reverse", reverse ? "true" : "false"}});
        keys += page.first;
        cursor = page.second;
        ++pages;
      } while (!cursor.empty() && pages < 10);
      EXPECT_EQ(keys, reverse ? "3a 3b 3c 3d 3e " : "3e 3d 3c 3b 3a ") << limit;
      EXPECT_EQ(pages, (5 + limit - 1) / limit);
    }
  }
}

TEST_F(RecordsTest, APageGoesOnWhereItEndedAlsoIfThatRecordIsGone) {
  for (const char* const key : {"3a", "3b", "3c"}) log.create(alice, post, key, post_of(key));
  const auto page = list({{"limit", "1"}});
  EXPECT_EQ(page.first, "3c ");
  log.remove(alice, post, "3c");
  EXPECT_EQ(list({{"cursor", page.second}}).first, "3b 3a ");
}

TEST_F(RecordsTest, CountsAreByRepoAndCollectionAndBoth) {
  log.create(alice, post, "3a", post_of("a")).create(alice, post, "3b", post_of("b"));
  log.create(alice, like, "3c", post_of("c")).create(bob, post, "3d", post_of("d"));
  log.update(bob, post, "3d", post_of("e"));
  EXPECT_EQ(count(), "4");
  EXPECT_EQ(count({{"repo", alice}}), "3");
  EXPECT_EQ(count({{"collection", post}}), "3");
  EXPECT_EQ(count({{"repo", alice}, {"collection", post}}), "2");
  EXPECT_EQ(count({{"repo", bob}, {"collection", like}}), "0");
}

TEST_F(RecordsTest, WhatAnAccountThatIsNotActiveHasIsShownToWhoAsksForIt) {
  const std::string uri = "at://did:plc:alice/app.bsky.feed.post/3k";
  log.create(alice, post, "3k", post_of("one"));
  log.account(alice, false, "takendown");
  EXPECT_EQ(get(uri), "null");
  EXPECT_EQ(list({}).first, "");
  EXPECT_THAT(get(uri, {{"inactive", "true"}}), HasSubstr("one"));
  EXPECT_EQ(list({{"inactive", "true"}}).first, "3k ");
  EXPECT_EQ(count({{"repo", alice}}), "1");
  log.account(alice, true);
  EXPECT_THAT(get(uri), HasSubstr("one"));
}

TEST_F(RecordsTest, AUriThatNamesNoRecordIsRefused) {
  for (const char* const uri : {"at://did:plc:alice", "at://did:plc:alice/app.bsky.feed.post",
                                "at://alice.example.com/app.bsky.feed.post/3k"}) {
    try {
      get(uri);
      ADD_FAILURE() << uri;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("names no record: at://DID/COLLECTION/RKEY does"));
    }
  }
}

TEST_F(RecordsTest, HasWhatAMapOfTheNewestVersionsHas) {
  std::mt19937_64 random(1);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 3000; ++i) {
    const std::string did = random() % 2 == 0 ? alice : bob;
    const std::string collection = random() % 2 == 0 ? post : like;
    const std::string rkey = "3k" + std::to_string(random() % 20);
    const std::string uri = AtUri::of(did, collection, rkey).text();
    const Data record = post_of(std::to_string(i));
    switch (random() % 5) {
      case 0: log.remove(did, collection, rkey), model.erase(uri); break;
      case 1: log.create_without_record(did, collection, rkey), model.erase(uri); break;
      case 2:
        log.late().create(did, collection, rkey, record);
        if (log.back().change != REFOLD_UNCHANGED) model[uri] = to_json(record.value());
        break;
      default: log.update(did, collection, rkey, record), model[uri] = to_json(record.value());
    }
    if (random() % 100 == 0) fold.apply(log);
  }
  EXPECT_EQ(count(), std::to_string(model.size()));
  std::map<std::string, std::string> rows;
  fold->records.scan([&rows](const Records::Key& key, const Version& version) {
    const auto& [did, collection, rkey] = key;
    rows[AtUri::of(did, collection, rkey).text()] = to_json(version.record);
  });
  EXPECT_EQ(rows, model);
}

TEST(Records, IsAFold) {
  const auto report =
      conformance<Records>({post_of("one"), post_of("two"), {like, object({{"subject", 1}})}});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace refold::plugins
