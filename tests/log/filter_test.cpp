#include "core/log/filter.h"

#include <gtest/gtest.h>

#include "tests/support/events.h"

namespace refold::log {
namespace {

using namespace refold::testing;

Matcher matcher(Filter filter) { return Matcher::make(std::move(filter)).value(); }

TEST(Filter, AnEmptyFilterPassesWhatCounts) {
  const Matcher all = matcher({});
  EXPECT_FALSE(all.everything());
  EXPECT_TRUE(all.wants(created("alice", "1").view()));
  EXPECT_TRUE(all.wants(identity("alice", "a.example").view()));
  EXPECT_FALSE(all.wants(created("alice", "1").flagged(flag::late).view()));
  EXPECT_FALSE(all.wants(created("alice", "1").flagged(flag::redacted).view()));
  EXPECT_FALSE(all.wants(deleted("alice", "1").view()));
}

TEST(Filter, TheHistoryPassesEverythingAsWitnessed) {
  const Matcher all = matcher({.history = true});
  EXPECT_TRUE(all.everything());
  EXPECT_TRUE(all.wants(created("alice", "1").flagged(flag::late).view()));
  EXPECT_TRUE(all.wants(created("alice", "1").flagged(flag::redacted).view()));
  EXPECT_TRUE(all.wants(deleted("alice", "1").view()));
}

TEST(Filter, ACollectionMatchesExactlyAndAPrefixEndsAtADot) {
  const Matcher exact = matcher({.collections = {std::string(like)}});
  EXPECT_TRUE(exact.wants_collection("app.bsky.feed.like"));
  EXPECT_FALSE(exact.wants_collection("app.bsky.feed.likes"));
  EXPECT_FALSE(exact.wants_collection("app.bsky.feed"));
  const Matcher prefix = matcher({.collections = {"app.bsky.*"}});
  EXPECT_TRUE(prefix.wants_collection("app.bsky.feed.like"));
  EXPECT_TRUE(prefix.wants_collection("app.bsky.thing"));
  EXPECT_FALSE(prefix.wants_collection("app.bskyfeed.like"));
  EXPECT_FALSE(prefix.wants_collection("app.bsky"));
  const Matcher several = matcher({.collections = {"org.example.*", std::string(like)}});
  EXPECT_TRUE(several.wants_collection("org.example.rare"));
  EXPECT_TRUE(several.wants_collection("app.bsky.feed.like"));
  EXPECT_FALSE(several.wants_collection("app.bsky.feed.post"));
}

TEST(Filter, CollectionsConstrainRecordEventsOnly) {
  const Matcher likes = matcher({.collections = {std::string(like)}});
  EXPECT_TRUE(likes.wants(account("alice", false, "deactivated").view()));
  EXPECT_FALSE(likes.wants(created("alice", "1").view()));
  const Matcher records = matcher({.collections = {std::string(like)}, .kinds = {Kind::create}});
  EXPECT_FALSE(records.wants(account("alice", false).view()));
  EXPECT_TRUE(records.wants(created("alice", "1", "", like).view()));
}

TEST(Filter, DidsConstrainEveryEvent) {
  const Matcher some = matcher({.dids = {did_of("bob"), did_of("alice")}});
  EXPECT_TRUE(some.wants(created("alice", "1").view()));
  EXPECT_TRUE(some.wants(identity("bob", "b.example").view()));
  EXPECT_FALSE(some.wants(created("carol", "1").view()));
  EXPECT_FALSE(some.wants(identity("carol", "c.example").view()));
}

TEST(Filter, WhatCannotMatchIsRefusedByName) {
  EXPECT_TRUE(failed(Matcher::make({.collections = {"app.bsky.feed.*x"}}), Errc::invalid,
                     "collection \"app.bsky.feed.*x\" matches nothing"));
  for (const char* pattern : {"*", ".*", "app", "", "app..bsky.*", "app.bsky.feed.like."}) {
    EXPECT_TRUE(failed(Matcher::make({.collections = {pattern}}), Errc::invalid, "collection"))
        << pattern;
  }
  EXPECT_TRUE(failed(Matcher::make({.dids = {"alice.example"}}), Errc::invalid,
                     "DID \"alice.example\" matches nothing"));
  for (const char* pattern : {"app.*", "app.bsky.*", "app.bsky.feed.*", "com.example.thing"}) {
    EXPECT_TRUE(Matcher::make({.collections = {pattern}}).has_value()) << pattern;
  }
}

}  // namespace
}  // namespace refold::log
