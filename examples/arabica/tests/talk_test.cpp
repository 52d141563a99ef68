#include "talk.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace arabica::testing {
namespace {

const std::string cup = at(alice, Brew::type, "3kcup");
const std::string mug = at(alice, Brew::type, "3kmug");

Data comment(const std::string& subject, const std::string& text, const std::string& parent = "") {
  Fields fields = {{"subject", reference(subject)}, {"text", text}};
  if (!parent.empty()) fields.emplace_back("parent", reference(parent));
  return record(Comment::type, std::move(fields));
}

struct TalkTest : ::testing::Test {
  TestLog log;
  Fold<Talk> fold;

  void say(const char* did, const char* rkey, const std::string& text,
           const std::string& parent = "") {
    log.create(did, Comment::type, rkey, comment(cup, text, parent));
  }
  Reception reception(const std::string& uri) {
    fold.apply(log);
    return fold->reception(AtUri(uri));
  }
  /// "first .answer ..answer to that"
  std::string thread() {
    fold.apply(log);
    std::string text;
    for (const Said& said : fold->thread(AtUri(cup), 100)) {
      text += (text.empty() ? "" : " ") + std::string(said.depth, '.') + said.text;
    }
    return text;
  }
};

TEST_F(TalkTest, AnAccountLikesAThingOnceHoweverOften) {
  log.create(alice, Like::type, "3k1", like(cup)).create(alice, Like::type, "3k2", like(cup));
  log.create(bob, Like::type, "3k1", like(cup));
  EXPECT_EQ(reception(cup), (Reception{2, 0}));
  log.remove(alice, Like::type, "3k1");
  EXPECT_EQ(reception(cup), (Reception{2, 0}));
  log.remove(alice, Like::type, "3k2");
  EXPECT_EQ(reception(cup), (Reception{1, 0}));
}

TEST_F(TalkTest, ALikeThatMovesIsTakenBack) {
  log.create(alice, Like::type, "3k1", like(cup)).update(alice, Like::type, "3k1", like(mug));
  EXPECT_EQ(reception(cup), Reception{});
  EXPECT_EQ(reception(mug), (Reception{1, 0}));
}

TEST_F(TalkTest, AnswersStandBehindWhatTheyAnswer) {
  say(alice, "3k1", "one");
  say(bob, "3k2", "two");
  say(carol, "3k3", "answer", at(alice, Comment::type, "3k1"));
  say(alice, "3k4", "thanks", at(carol, Comment::type, "3k3"));
  EXPECT_EQ(thread(), "one .answer ..thanks two");
  EXPECT_EQ(reception(cup), (Reception{0, 4}));
}

TEST_F(TalkTest, AnAnswerMayComeBeforeWhatItAnswers) {
  say(bob, "3k2", "answer", at(alice, Comment::type, "3k1"));
  EXPECT_EQ(thread(), "answer");
  say(alice, "3k1", "one");
  EXPECT_EQ(thread(), "one .answer");
}

TEST_F(TalkTest, AnswersOutliveWhatTheyAnswered) {
  say(alice, "3k1", "one");
  say(bob, "3k2", "answer", at(alice, Comment::type, "3k1"));
  log.remove(alice, Comment::type, "3k1");
  EXPECT_EQ(thread(), "answer");
  EXPECT_EQ(reception(cup), (Reception{0, 1}));
}

TEST_F(TalkTest, CommentsThatAnswerEachOtherDoNotHangTheThread) {
  say(alice, "3k1", "chicken", at(bob, Comment::type, "3k2"));
  say(bob, "3k2", "egg", at(alice, Comment::type, "3k1"));
  say(carol, "3k3", "soup");
  EXPECT_EQ(thread(), "soup");
}

TEST_F(TalkTest, WhatIsPopularIsOnTopAmongItsLike) {
  log.create(alice, Like::type, "3k1", like(cup)).create(bob, Like::type, "3k1", like(cup));
  log.create(bob, Like::type, "3k2", like(mug));
  log.create(bob, Like::type, "3k3", like(at(alice, Bean::type, "3kbean")));
  fold.apply(log);
  EXPECT_EQ(fold.query("popular"), R"([[")" + cup + R"(",{"likes":2,"comments":0}],[")" + mug +
                                       R"(",{"likes":1,"comments":0}]])");
}

/// A like of something, or a comment on it.
struct TalkRecord {
  bool is_like;
  std::string subject;
};

TEST(Talk, HasTheReceptionsOfTheRecordsThatAreLeft) {
  History<TalkRecord> history(1);
  for (int i = 0; i < 3000; ++i) {
    const bool is_like = history.below(2) == 0;
    const std::string uri = history.any(is_like ? Like::type : Comment::type);
    const std::string subject = history.any(Brew::type);
    if (history.below(3) == 0) {
      history.remove(uri);
    } else {
      history.put(uri, is_like ? like(subject) : comment(subject, "so"), {is_like, subject});
    }
  }
  std::map<std::string, Reception> model;
  std::set<std::pair<std::string, std::string>> likers;
  for (const auto& [uri, fact] : history.facts()) {
    Reception& reception = model[fact.subject];
    if (!fact.is_like) ++reception.comments;
    if (fact.is_like && likers.emplace(fact.subject, std::string(AtUri(uri).authority())).second) {
      ++reception.likes;
    }
  }
  Fold<Talk> fold;
  fold.apply(history.log());
  EXPECT_EQ(rows(fold->subjects), rows(model));
}

TEST(Talk, IsAFold) {
  const std::string said = at("did:plc:conformance1", Comment::type, "3kconformance1");
  const auto report =
      conformance<Talk>({like(cup), like(mug), comment(cup, "good"), comment(mug, "better", said)});
  EXPECT_TRUE(report) << report.text;
}

}  // namespace
}  // namespace arabica::testing
