#include "tests/projection/fixture.h"
#include "tests/projection/traffic.h"

namespace refold::projection {
namespace {

using LoopTest = ProjectionTest;

/// What latest has: the text of each record of a view, by key.
std::vector<std::string> latest_keys(const Supervisor& projection) {
  return good(projection.rows("rows", {}, within_time(), 0));
}

TEST_F(LoopTest, EveryRowOfTheChangeTableIsFoldedAsItSays) {
  load("tally");
  load("latest");
  const auto after = [&](const std::vector<TestDraft>& drafts) {
    record(drafts);
    catch_up("tally");
    catch_up("latest");
    return std::pair(count("tally", post), latest_keys(at("latest")).size());
  };
  using Both = std::pair<std::uint64_t, std::size_t>;
  // create on none; create on a living record; update on a living one; update on none
  EXPECT_EQ(after({create("alice", "1", 1, "a")}), Both(1, 1));
  EXPECT_EQ(after({create("alice", "1", 2, "b")}), Both(1, 1));
  EXPECT_EQ(after({update("alice", "1", 3, "c")}), Both(1, 1));
  EXPECT_EQ(after({update("alice", "2", 4, "d")}), Both(2, 2));
  // delete of a living record; create and update on a tombstone
  EXPECT_EQ(after({remove("alice", "1", 5)}), Both(1, 1));
  EXPECT_EQ(after({create("alice", "1", 6, "e")}), Both(2, 2));
  EXPECT_EQ(after({remove("alice", "1", 7)}), Both(1, 1));
  EXPECT_EQ(after({update("alice", "1", 8, "f")}), Both(2, 2));
  // delete of nothing: there is nothing to take back
  EXPECT_EQ(after({remove("alice", "3", 9)}), Both(2, 2));
  // a payload that is missing takes the old version back; the new one is added when it comes
  EXPECT_EQ(after({update("alice", "1", 10, "g").without_payload()}), Both(1, 1));
  EXPECT_EQ(after({update("alice", "1", 10, "g")}), Both(2, 2));
  // older than the head: nothing
  EXPECT_EQ(after({update("alice", "1", 5, "late")}), Both(2, 2));
  // an account that goes takes all of its records along
  EXPECT_EQ(after({account_is("alice", "deleted", 1, 1)}), Both(0, 0));
  expect_as_rebuilt("tally");
  expect_as_rebuilt("latest");
}

std::vector<view::TableStat> tables_of(const GenerationStatus& status) {
  return status.stat.tables;
}

TEST_F(LoopTest, LiveOrRebuiltInBatchesOfAnySizeTheRowsAreTheSame) {
  const std::vector<std::string> names{"tally", "latest", "guests", "diary"};
  for (const std::string& name : names) load(name);
  for (std::uint64_t seed = 0; seed < 30; ++seed) record(traffic(40, seed));
  std::vector<std::vector<view::TableStat>> live;
  for (const std::string& name : names) {
    catch_up(name);
    live.push_back(tables_of(current(name)));
  }
  for (const std::size_t events : {std::size_t{1}, std::size_t{7}, std::size_t{1024}}) {
    options.loop.apply_events_max = events;
    options.loop.batch.bytes = options.loop.first_batch.bytes = events * 100;
    reopen();
    for (std::size_t place = 0; place < names.size(); ++place) {
      good(at(names[place]).reset());
      catch_up(names[place]);
      EXPECT_EQ(tables_of(current(names[place])), live[place]) << names[place] << " " << events;
    }
  }
}

TEST_F(LoopTest, TheStateOfAnAccountIsThatOfBeforeTheEvent) {
  load("guests");
  record({create("alice", "1", 1, "a"), account_is("alice", "deactivated", 1, 1),
          create("alice", "2", 2, "b"), account_is("alice", "", 2, 2), create("alice", "3", 3, "c"),
          create("bob", "1", 4, "d")});
  catch_up("guests");
  const auto rows = good(at("guests").rows("rows", {}, within_time(), 0));
  const auto note = [](const std::string& text) { return hex(bytes_of(text)); };
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_NE(rows[0].find(note("unknown")), std::string::npos) << rows[0];
  EXPECT_NE(rows[1].find(note("inactive deactivated")), std::string::npos) << rows[1];
  EXPECT_NE(rows[2].find(note("active")), std::string::npos) << rows[2];
  EXPECT_NE(rows[3].find(note("unknown")), std::string::npos) << rows[3];
  // What the host keeps is out of the plugin's sight, and in the digest all the same.
  EXPECT_EQ(current("guests").stat.tables.size(), 2U);
  EXPECT_EQ(current("guests").stat.tables[1].name, "$accounts");
  EXPECT_EQ(current("guests").stat.tables[1].rows, 1U);
}

TEST_F(LoopTest, WhoAsksForTheHistorySeesEverythingAsWitnessed) {
  load("diary");
  record({create("alice", "1", 5, "a"), update("alice", "1", 2, "late"),
          update("alice", "1", 6, "b").without_payload(), remove("alice", "1", 7),
          remove("alice", "1", 8), handle_is("alice", "alice.example", 1, 1),
          account_is("alice", "", 2, 2)});
  catch_up("diary");
  EXPECT_EQ(current("diary").stat.tables[0].rows, last());
  expect_as_rebuilt("diary");
}

TEST_F(LoopTest, AProjectionThatIgnoresEverythingAdvancesAllTheSame) {
  load("nothing");
  for (int round = 0; round < 3; ++round) {
    post_some("alice", 5, 1 + round * 5);
    catch_up("nothing");
    EXPECT_EQ(current("nothing").checkpoint.seq, last());
  }
  EXPECT_EQ(calls().events, 0U);
}

TEST_F(LoopTest, AnEventIsInTheViewSoonAfterItWasWitnessed) {
  load("tally");
  catch_up("tally");
  std::vector<std::chrono::steady_clock::duration> times;
  for (int number = 1; number <= 21; ++number) {
    const log::Seq seq = post_some("alice", 1, number);
    const auto began = std::chrono::steady_clock::now();
    const auto waited = at("tally").wait(seq, within_time());
    times.push_back(std::chrono::steady_clock::now() - began);
    ASSERT_TRUE(waited.has_value()) << waited.error().message;
    EXPECT_EQ(count("tally", post), static_cast<std::uint64_t>(number));
  }
  // The quickest: what else the machine does is not looked at here.
  EXPECT_LT(*std::min_element(times.begin(), times.end()), 50ms);
}

TEST_F(LoopTest, NothingIsReadAgainAfterARestart) {
  load("tally");
  post_some("alice", 50);
  catch_up("tally");
  reopen();
  calls().events = 0;
  post_some("alice", 3, 51);
  catch_up("tally");
  EXPECT_EQ(calls().events, 3U);
  EXPECT_EQ(count("tally", post), 53U);
}

TEST_F(LoopTest, SealedEventsAreFoldedToo) {
  std::vector<TestDraft> drafts;
  for (int number = 0; number < 9000; ++number) {
    drafts.push_back(create("alice", std::to_string(number), static_cast<std::uint64_t>(number) + 1,
                            "text", number % 3 == 0 ? post : like));
  }
  record(drafts);
  good(recorder->seal());
  load("tally");
  load("moody");
  catch_up("tally");
  catch_up("moody");
  EXPECT_EQ(count("tally", post), 3000U);
  EXPECT_EQ(count("tally", like), 6000U);
  EXPECT_EQ(current("moody").stat.tables[0].rows, 3000U);
}

TEST_F(LoopTest, ItLeavesTheMachineToOthersWhileItIsBehind) {
  std::atomic<int> left{0};
  options.loop.yield = [&] { return ++left > 0; };
  std::vector<TestDraft> drafts;
  for (int number = 0; number < 10'000; ++number) {
    drafts.push_back(
        create("alice", std::to_string(number), static_cast<std::uint64_t>(number) + 1, "a"));
  }
  record(drafts);
  const auto began = std::chrono::steady_clock::now();
  load("tally");
  catch_up("tally");
  EXPECT_GE(left.load(), 5);
  EXPECT_GE(std::chrono::steady_clock::now() - began, left.load() * 5ms);
}

}  // namespace
}  // namespace refold::projection
