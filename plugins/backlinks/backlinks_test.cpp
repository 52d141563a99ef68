#include "backlinks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <refold/testing.hpp>
#include <set>

namespace refold::plugins {
namespace {

using testing::array;
using testing::conformance;
using testing::Data;
using testing::Fold;
using ::testing::HasSubstr;
using testing::object;
using testing::TestLog;
using testing::Values;

constexpr const char* alice = "did:plc:alice";
constexpr const char* bob = "did:plc:bob";
constexpr const char* like = "app.bsky.feed.like";
constexpr const char* post = "app.bsky.feed.post";
constexpr const char* subject = ".subject.uri";
constexpr const char* first = "at://did:plc:carol/app.bsky.feed.post/3kfirst";
constexpr const char* second = "at://did:plc:carol/app.bsky.feed.post/3ksecond";

Data like_of(const std::string& uri) {
  return object({{"$type", like}, {"subject", object({{"uri", uri}, {"cid", "bafyreia"}})}});
}

struct BacklinksTest : ::testing::Test {
  TestLog log;
  Fold<Backlinks> fold;

  std::string ask(const std::string& query, const std::string& target, Values more = {}) {
    fold.apply(log);
    more.emplace_back("target", target);
    return fold.query(query, more);
  }
  std::string ask_likes(const std::string& query, const std::string& target, Values more = {}) {
    more.emplace_back("collection", like);
    more.emplace_back("path", subject);
    return ask(query, target, more);
  }
};

TEST_F(BacklinksTest, ALinkIsFoundByWhatItNames) {
  log.create(alice, like, "3ka", like_of(first));
  EXPECT_EQ(ask_likes("links", first),
            R"({"items":[{"did":"did:plc:alice","collection":"app.bsky.feed.like","rkey":"3ka"}],)"
            R"("cursor":null})");
  EXPECT_EQ(ask_likes("dids", first), R"({"items":["did:plc:alice"],"cursor":null})");
  EXPECT_EQ(ask_likes("count", first), R"({"records":1,"dids":1})");
  EXPECT_EQ(ask_likes("count", second), R"({"records":0,"dids":0})");
}

TEST_F(BacklinksTest, RecordsAndAccountsAreCountedApart) {
  log.create(alice, like, "3ka", like_of(first)).create(alice, like, "3kb", like_of(first));
  log.create(bob, like, "3kc", like_of(first));
  EXPECT_EQ(ask_likes("count", first), R"({"records":3,"dids":2})");
  log.remove(alice, like, "3ka");
  EXPECT_EQ(ask_likes("count", first), R"({"records":2,"dids":2})");
  log.remove(alice, like, "3kb");
  EXPECT_EQ(ask_likes("count", first), R"({"records":1,"dids":1})");
}

TEST_F(BacklinksTest, AnUpdateMovesWhatChangedAndNothingElse) {
  const auto both = [](const std::string& one, const std::string& other) {
    return object({{"one", one}, {"other", other}});
  };
  log.create(alice, post, "3k", both("did:plc:a", "did:plc:b"));
  log.update(alice, post, "3k", both("did:plc:a", "did:plc:c"));
  const Values one = {{"collection", post}, {"path", ".one"}};
  const Values other = {{"collection", post}, {"path", ".other"}};
  EXPECT_EQ(ask("count", "did:plc:a", one), R"({"records":1,"dids":1})");
  EXPECT_EQ(ask("count", "did:plc:b", other), R"({"records":0,"dids":0})");
  EXPECT_EQ(ask("count", "did:plc:c", other), R"({"records":1,"dids":1})");
  log.update(alice, post, "3k", Data::raw({0xff}));
  EXPECT_EQ(ask("count", "did:plc:a", one), R"({"records":0,"dids":0})");
}

TEST_F(BacklinksTest, WhatIsRemovedLeavesNoRow) {
  log.create(alice, like, "3ka", like_of(first)).create(bob, like, "3kb", like_of(second));
  log.update(bob, like, "3kb", like_of(first)).remove(bob, like, "3kb");
  log.create_without_record(alice, like, "3ka");
  fold.apply(log);
  for (const char* const table : {"links", "linkers", "sources"}) {
    EXPECT_TRUE(fold.rows(table).empty()) << table;
  }
}

TEST_F(BacklinksTest, AllSourcesOfATargetAreToldWithTheirCounts) {
  log.create(alice, like, "3ka", like_of(first)).create(bob, like, "3kb", like_of(first));
  log.create(bob, post, "3kc",
             object({{"reply", object({{"root", object({{"uri", first}})},
                                       {"parent", object({{"uri", first}})}})}}));
  EXPECT_EQ(
      ask("sources", first),
      R"({"items":[)"
      R"({"collection":"app.bsky.feed.like","path":".subject.uri","records":2,"dids":2},)"
      R"({"collection":"app.bsky.feed.post","path":".reply.parent.uri","records":1,"dids":1},)"
      R"({"collection":"app.bsky.feed.post","path":".reply.root.uri","records":1,"dids":1}],)"
      R"("cursor":null})");
  EXPECT_THAT(ask("sources", first, {{"limit", "2"}}), HasSubstr(R"("cursor":")"));
}

TEST_F(BacklinksTest, PagesHaveEachLinkOnceTheLastKeyFirst) {
  for (int i = 0; i < 10; ++i) {
    log.create(i % 2 == 0 ? alice : bob, like, "3k" + std::to_string(i), like_of(first));
  }
  log.create(alice, like, "3kx", like_of(second));
  std::string keys;
  std::string cursor;
  int pages = 0;
  do {
    const std::string json = ask_likes("links", first, {{"limit", "3"}, {"cursor", cursor}});
    const std::string before = "\"rkey\":\"3k";
    for (std::size_t at = 0; (at = json.find(before, at)) != json.npos;) {
      keys += json[at += before.size()];
    }
    const std::size_t at = json.find("\"cursor\":\"");
    cursor = at == json.npos ? "" : json.substr(at + 10, json.rfind('"') - at - 10);
    ++pages;
  } while (!cursor.empty() && pages < 10);
  EXPECT_EQ(keys, "9876543210");
  EXPECT_EQ(pages, 4);
}

TEST_F(BacklinksTest, AccountsThatAreNotActiveAreCountedAndNotShown) {
  log.create(alice, like, "3ka", like_of(first)).create(bob, like, "3kb", like_of(first));
  log.account(alice, false, "deactivated");
  EXPECT_EQ(ask_likes("dids", first), R"({"items":["did:plc:bob"],"cursor":null})");
  EXPECT_THAT(ask_likes("links", first), ::testing::Not(HasSubstr("alice")));
  EXPECT_THAT(ask_likes("links", first, {{"inactive", "true"}}), HasSubstr("alice"));
  EXPECT_EQ(ask_likes("dids", first, {{"inactive", "true"}}),
            R"({"items":["did:plc:alice","did:plc:bob"],"cursor":null})");
  EXPECT_EQ(ask_likes("count", first), R"({"records":2,"dids":2})");
  log.account(alice, true);
  EXPECT_THAT(ask_likes("links", first), HasSubstr("alice"));
}

TEST_F(BacklinksTest, AQuestionThatCouldOnlyBeAMistakeIsRefused) {
  const auto refusal = [&](const std::string& target, const std::string& path) -> std::string {
    try {
      return ask("count", target, {{"collection", like}, {"path", path}});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal("alice", subject), "target: 'alice' is neither an AT-URI nor a DID");
  EXPECT_THAT(refusal(first, "subject.uri"), HasSubstr("one begins with a dot"));
}

TEST_F(BacklinksTest, HasWhatAListOfTheLivingRecordsHas) {
  std::mt19937_64 random(1);
  const auto target = [&random] { return "did:plc:target" + std::to_string(random() % 6); };
  std::map<std::pair<std::string, std::string>, std::set<std::string>> model;  // record: targets
  for (int i = 0; i < 3000; ++i) {
    const std::string did = "did:plc:by" + std::to_string(random() % 5);
    const std::string rkey = "3k" + std::to_string(random() % 10);
    std::set<std::string> targets;
    std::vector<Data> items;
    for (std::size_t left = random() % 4; left > 0; --left) {
      items.emplace_back(*targets.insert(target()).first);
    }
    if (random() % 3 == 0) {
      log.remove(did, post, rkey);
      targets.clear();
    } else {
      log.update(did, post, rkey, object({{"to", array(items)}}));
    }
    model[{did, rkey}] = targets;
  }
  for (int i = 0; i < 6; ++i) {
    const std::string to = "did:plc:target" + std::to_string(i);
    std::uint64_t records = 0;
    std::set<std::string> dids;
    for (const auto& [record, targets] : model) {
      if (!targets.contains(to)) continue;
      ++records;
      dids.insert(record.first);
    }
    EXPECT_EQ(ask("count", to, {{"collection", post}, {"path", ".to[]"}}),
              "{\"records\":" + std::to_string(records) +
                  ",\"dids\":" + std::to_string(dids.size()) + "}");
    std::uint64_t found = 0;
    fold->links.scan(fold->links.prefix(to), [&](const Backlinks::LinkKey& key) {
      const auto& [uri, collection, path, rkey, did] = key;
      const bool expected = model[{did.text(), rkey.text()}].contains(to);
      EXPECT_TRUE(expected) << to_json(key);
      ++found;
    });
    EXPECT_EQ(found, records);
  }
}

TEST(Backlinks, IsAFold) {
  const Data mention = object({{"$type", "app.bsky.richtext.facet#mention"}, {"did", alice}});
  const auto report = conformance<Backlinks>(
      {like_of(first),
       like_of(second),
       {post, object({{"to", array({alice, bob, alice, mention})}})},
       {post, object({{"reply", object({{"root", object({{"uri", first}})}})}})}});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace refold::plugins
