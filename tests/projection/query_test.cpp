#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

struct QueryTest : ProjectionTest {
  QueryTest() {
    post_some("alice", 3);
    record({create("bob", "1", 10, "", like)});
    load("tally");
    catch_up("tally");
  }
  [[nodiscard]] Result<std::string> ask(const std::string& query, OptionPairs arguments,
                                        std::chrono::milliseconds time = long_enough) const {
    return at("tally").query(query, arguments, within_time(time), 0);
  }
};

TEST_F(QueryTest, ParametersAreCheckedAndNamed) {
  EXPECT_EQ(good(ask("count", {{"key", std::string(like)}})), "1");
  EXPECT_TRUE(failed(ask("count", {}), Errc::invalid, "key"));
  EXPECT_TRUE(failed(ask("count", {{"kye", "x"}}), Errc::invalid, "kye"));
  EXPECT_TRUE(failed(ask("none", {}), Errc::not_found, "but all, count, bad"));
}

TEST_F(QueryTest, WhatGoesWrongInOneIsSaidAndTheNextOneAnswers) {
  EXPECT_TRUE(failed(ask("bad", {}), Errc::invalid, "there is no such answer"));
  EXPECT_TRUE(failed(ask("bad", {{"how", "throw"}}), Errc::invalid, "no answer"));
  EXPECT_TRUE(failed(ask("bad", {{"how", "nonsense"}}), Errc::invalid, "is not JSON"));
  EXPECT_TRUE(failed(ask("bad", {{"how", "write"}}), Errc::invalid,
                     "it called put() in a query; that may be called in apply() only"));
  EXPECT_EQ(good(ask("count", {{"key", std::string(post)}})), "3");
  EXPECT_EQ(status("tally").state(), "live");
}

TEST_F(QueryTest, ADeadlineIsKeptWhateverTheQueryDoes) {
  calls().query_pause_ms = 5'000;
  EXPECT_TRUE(failed(ask("all", {}, 1s), Errc::timeout, "is still running"));
  EXPECT_TRUE(failed(ask("count", {{"key", "x"}}, 20ms), Errc::timeout, "others were before it"));
  calls().query_pause_ms = 0;
  EXPECT_EQ(good(ask("count", {{"key", std::string(post)}})), "3");
}

TEST_F(QueryTest, RowsAreShownAsThePluginRendersThem) {
  const auto rows = [&](RowRequest request) {
    return good(at("tally").rows("rows", std::move(request), within_time(), 0));
  };
  const std::string first = R"({"key":"app.bsky.feed.like","row":1})";
  const std::string second = R"({"key":"app.bsky.feed.post","row":3})";
  EXPECT_EQ(rows({}), (std::vector<std::string>{first, second}));
  RowRequest backwards;
  backwards.backwards = true;
  backwards.count_max = 1;
  EXPECT_EQ(rows(backwards), std::vector<std::string>{second});
  RowRequest from;
  from.from = {'a', 'p', 'p', '.', 'b', 's', 'k', 'y', '.', 'f', 'e', 'e', 'd', '.', 'm'};
  EXPECT_EQ(rows(from), std::vector<std::string>{second});
  EXPECT_TRUE(
      failed(at("tally").rows("$accounts", {}, within_time(), 0), Errc::not_found, "no table"));
  load("latest");
  catch_up("latest");
  const auto hexed = good(at("latest").rows("rows", {}, within_time(), 0));
  EXPECT_EQ(hexed.size(), 4U);
  EXPECT_EQ(hexed[0].substr(0, 15), R"({"hex":{"key":")");
}

/// Posts only come, so what a client reads never becomes less; and in each answer both counts are
/// of one moment.
TEST_F(QueryTest, PromotionsAreAtomicAndNoClientGoesBackInTime) {
  Supervisor& tally = at("tally");
  become_live("tally");
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> asked{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 3; ++client) {
    clients.emplace_back([&] {
      std::uint64_t before = 0;
      while (!stop) {
        const auto answer = ask("count", {{"key", std::string(post)}});
        if (answer.has_error() || std::stoull(*answer) < before) {
          ADD_FAILURE() << (answer.has_error() ? answer.error().message : *answer) << " after "
                        << before;
        }
        if (answer.has_value()) before = std::stoull(*answer);
        ++asked;
      }
    });
  }
  std::thread writer([&] {
    for (int number = 4; !stop; ++number) {
      post_some("alice", 1, number);
      std::this_thread::sleep_for(1ms);
    }
  });
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t now = status("tally").record.current;
    const auto replayed = tally.replay({});
    EXPECT_TRUE(replayed.has_value()) << replayed.error().message;
    EXPECT_TRUE(comes_true([&] { return status("tally").record.current == now + 1; }));
    if (round % 3 == 2) {
      for (int turn = 0; turn < 2; ++turn) {
        const auto done = tally.rollback();
        EXPECT_TRUE(done.has_value()) << done.error().message;
      }
    }
    const auto pruned = tally.prune();
    EXPECT_TRUE(pruned.has_value()) << pruned.error().message;
  }
  stop = true;
  writer.join();
  for (std::thread& client : clients) client.join();
  EXPECT_GT(asked, 20U);
  expect_as_rebuilt("tally");
}

/// Two ask generation 1, slowly and one after the other; it retires before they are answered, and
/// an event more comes.
struct AskedBeforeASwitch : QueryTest {
  Supervisor& tally = at("tally");
  std::vector<std::thread> clients;

  void ask_and_switch() {
    become_live("tally");
    good(tally.replay({.hold = true, .slice = {}}));
    ASSERT_TRUE(comes_true([&] { return status("tally").record.find(2)->state == State::ready; }));
    calls().query_pause_ms = 2'000;
    for (int client = 0; client < 2; ++client) {
      clients.emplace_back([&] {
        EXPECT_EQ(good(ask("all", {})), R"({"app.bsky.feed.like":1,"app.bsky.feed.post":3})");
      });
    }
    std::this_thread::sleep_for(1s);
    good(tally.promote());
    post_some("alice", 1, 4);
    catch_up("tally");
  }
  ~AskedBeforeASwitch() override {
    for (std::thread& client : clients) client.join();
  }
};

TEST_F(AskedBeforeASwitch, AWarmGenerationFoldsOnWhenTheyAreAnswered) {
  good(tally.keep_warm(true));
  ask_and_switch();
  EXPECT_TRUE(comes_true([&] { return status("tally").generations[0].checkpoint.seq == last(); }));
}

TEST_F(AskedBeforeASwitch, ARollBackAnswersThemFirst) {
  ask_and_switch();
  good(tally.rollback());
  EXPECT_EQ(count("tally", post), 4U);
}

}  // namespace
}  // namespace refold::projection
