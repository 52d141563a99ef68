#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

struct RedactionTest : ProjectionTest {
  index::Recorder::RedactionOutcome redact(std::string_view who) const {
    return good(recorder->redact({did_of(who), {}, {}}));
  }
  /// A recorder that lets the projections take back what goes.
  void reopen_with_hook() {
    recorder.reset();
    auto made = recorder_options();
    made.before_erasing = [this](log::Seq last) {
      if (projections) behind = projections->settle(last, within_time(patience));
    };
    recorder = index::Recorder::open(data, made).value();
  }
  ~RedactionTest() override { projections.reset(); }
  std::chrono::milliseconds patience = long_enough;
  std::vector<std::string> behind;
  std::unique_ptr<log::WitnessLog> reader;  ///< in place of the recorder
};

TEST_F(RedactionTest, ALiveViewTakesBackWhatGoesAndEqualsARebuild) {
  reopen_with_hook();
  for (const char* const name : {"tally", "latest"}) load(name);
  post_some("alice", 50);
  post_some("bob", 5, 100);
  record({update("alice", "3", 200, "secret")});
  catch_up("tally");
  const auto outcome = redact("alice");
  EXPECT_EQ(outcome.tombstones, 50U);
  EXPECT_GT(outcome.erased, 50U);
  EXPECT_TRUE(behind.empty());
  post_some("carol", 1, 300);
  for (const char* const name : {"tally", "latest"}) {
    catch_up(name);
    expect_as_rebuilt(name);
    EXPECT_EQ(current(name).checkpoint.redaction_epoch, 1U);
  }
  EXPECT_EQ(count("tally", post), 6U);
}

TEST_F(RedactionTest, WhatIsBeingBuiltPassesTheTombstonesFirst) {
  reopen_with_hook();
  std::vector<TestDraft> drafts;
  for (int number = 1; number <= 20'000; ++number) {
    drafts.push_back(create(number % 2 == 0 ? "alice" : "bob", std::to_string(number),
                            static_cast<std::uint64_t>(number), "text"));
  }
  record(drafts);
  options.loop.batch.bytes = options.loop.first_batch.bytes = 1;  // a commit for each page
  load("latest");
  ASSERT_TRUE(comes_true([&] { return current("latest").checkpoint.seq > 0; }));
  redact("alice");
  catch_up("latest");
  become_live("latest");
  EXPECT_EQ(current("latest").stat.tables[0].rows, 10'000U);
  expect_as_rebuilt("latest");
}

TEST_F(RedactionTest, AViewThatMissedItAsksToBeBuiltAnew) {
  load("latest");
  post_some("alice", 5);
  post_some("bob", 5, 100);
  catch_up("latest");
  good(at("latest").pause());
  redact("alice");
  good(at("latest").resume());
  ASSERT_TRUE(comes_true([&] { return status("latest").state() == "failed"; }));
  EXPECT_NE(current("latest").record.failure->message.find("refold projection replay latest"),
            std::string::npos);
  reopen();
  EXPECT_EQ(status("latest").state(), "refused");
  good(at("latest").replay({}));
  EXPECT_TRUE(comes_true([&] { return status("latest").state() == "live"; }));
  EXPECT_EQ(current("latest").stat.tables[0].rows, 5U);
  expect_as_rebuilt("latest");
}

TEST_F(RedactionTest, AViewThatHadNotComeToItYetGoesOn) {
  load("latest");
  post_some("bob", 5, 100);
  catch_up("latest");
  good(at("latest").pause());
  post_some("alice", 5);
  redact("alice");
  good(at("latest").resume());
  catch_up("latest");
  EXPECT_EQ(current("latest").stat.tables[0].rows, 5U);
  expect_as_rebuilt("latest");
}

TEST_F(RedactionTest, AHistoryGoesOnAndKeepsTheOldEpoch) {
  reopen_with_hook();
  load("diary");
  post_some("alice", 5);
  catch_up("diary");
  redact("alice");
  post_some("bob", 1, 100);
  catch_up("diary");
  EXPECT_EQ(current("diary").checkpoint.redaction_epoch, 0U);
  post_some("bob", 1, 101);
  catch_up("diary");
  EXPECT_EQ(status("diary").state(), "live");
  const auto report = good(at("diary").verify(nullptr));
  EXPECT_FALSE(report.equal);
  EXPECT_NE(report.said.find("the log has erased payloads since it was built"), std::string::npos)
      << report.said;
}

TEST_F(RedactionTest, ItDoesNotWaitForWhatRestsOrHasFailed) {
  reopen_with_hook();
  load("latest");
  load("tally");
  post_some("alice", 5);
  catch_up("latest");
  catch_up("tally");
  good(at("latest").pause());
  const auto began = std::chrono::steady_clock::now();
  redact("alice");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_EQ(behind, std::vector<std::string>{"generation 1 of 'latest'"});
}

/// The moment and the recount of a verification hold the loop for a while.
TEST_F(RedactionTest, ItWaitsForWhatAVerificationHolds) {
  load("latest");
  post_some("alice", 30'000);
  catch_up("latest");
  std::atomic<bool> verified{false};
  std::thread verifying([&] {
    for (int round = 0; round < 6; ++round) expect_as_rebuilt("latest");
    verified = true;
  });
  for (int number = 1; !verified; ++number) {
    const log::Seq seq = post_some("bob", 1, 40'000 + number);
    EXPECT_EQ(projections->settle(seq, within_time()), std::vector<std::string>{});
  }
  verifying.join();
}

/// Not a test: the process that redacts alice, or finishes that.
TEST(RedactionScene, DISABLED_Redact) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  const auto recorder = good(index::Recorder::open(place, ProjectionTest::recorder_options()));
  good(recorder->redact({did_of("alice"), {}, {}}));
}

TEST_F(RedactionTest, AViewMadeInTheMidstOfOneWaitsUntilItIsFinished) {
  post_some("alice", 5000);
  post_some("bob", 5, 6000);
  good(recorder->seal());
  recorder.reset();
  const auto redact_elsewhere = [&](const char* crash_at) {
    return run_again("RedactionScene.DISABLED_Redact",
                     {{"REFOLD_TEST_DATA_FOLDER", data.native()}, {"REFOLD_CRASH_AT", crash_at}});
  };
  // The tombstones are erased, what they take back is not.
  ASSERT_TRUE(was_killed(redact_elsewhere("redact.tail")));
  reader = good(log::WitnessLog::open_reader(data));
  projections = good(Projections::open(*reader, options));
  load("tally");
  ASSERT_TRUE(comes_true([&] { return status("tally").state() == "stalled"; }));
  const std::string why = current("tally").progress.why;
  EXPECT_NE(why.find("a redaction is not finished"), std::string::npos) << why;
  EXPECT_EQ(current("tally").checkpoint.seq, 0U);
  ASSERT_EQ(redact_elsewhere(""), 0);
  catch_up(at("tally"), good(reader->last()));
  EXPECT_EQ(count("tally", post), 5U);
  EXPECT_EQ(current("tally").checkpoint.redaction_epoch, good(reader->stat()).redaction_epoch);
  expect_as_rebuilt("tally");
}

TEST_F(RedactionTest, TheLogRemembersWhatEachRedactionTouched) {
  post_some("alice", 3);
  post_some("bob", 3, 100);
  redact("bob");
  redact("alice");
  const auto& log = recorder->log();
  const auto first = good(log.redaction(1));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->first, 4U);
  EXPECT_EQ(first->last, 9U);
  EXPECT_TRUE(first->finished);
  EXPECT_EQ(good(log.redaction(2))->first, 1U);
  EXPECT_FALSE(good(log.redaction(3)).has_value());
}

}  // namespace
}  // namespace refold::projection
