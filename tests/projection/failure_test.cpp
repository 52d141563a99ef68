#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

struct FailureTest : ProjectionTest {
  /// Nine posts, the poison in the middle of them, and nine more behind it.
  log::Seq poison = 0;
  void record_poison() {
    post_some("alice", 9);
    poison = record({create("bob", "1", 20, "poison")});
    post_some("carol", 9, 30);
  }
  void set(Mood::What what) { mood().what = what; }

  /// It stopped before the poison, holds what was before that, and says this.
  void expect_failed(const std::string& why) {
    ASSERT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
    const GenerationStatus now = current("moody");
    EXPECT_EQ(now.record.failure->seq, poison);
    EXPECT_EQ(now.record.failure->uri, "at://" + did_of("bob") + "/" + std::string(post) + "/1");
    EXPECT_NE(now.record.failure->message.find(why), std::string::npos)
        << now.record.failure->message;
    EXPECT_EQ(now.checkpoint.seq, poison - 1);
    EXPECT_EQ(now.stat.tables[0].rows, poison - 1);
    EXPECT_EQ(mood().instances, 0);
  }
};

TEST_F(FailureTest, TheViewHoldsExactlyTheEffectOfTheEventsBefore) {
  record_poison();
  set(Mood::What::fail);
  load("moody");
  expect_failed("this record is poison");
  // A projection beside it does not notice.
  load("tally");
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 19U);
}

/// Of four pages, each a batch of its own, the last one has the poison in it.
TEST_F(FailureTest, ItLeavesTheBatchThatIsStillBeingWrittenAsItIs) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 1;
  for (int part = 0; part < 4; ++part) {
    post_some("alice", 1000, 1 + part * 1000);
  }
  poison = record({create("bob", "1", 20, "poison")});
  post_some("carol", 9, 30);
  set(Mood::What::fail);
  load("moody");
  expect_failed("this record is poison");
  mood().what = Mood::What::retry;
  mood().retries = 3;
  good(at("moody").retry());
  catch_up("moody");
  EXPECT_EQ(current("moody").stat.tables[0].rows, last());
}

TEST_F(FailureTest, ItSurvivesARestart) {
  record_poison();
  set(Mood::What::fail);
  load("moody");
  expect_failed("this record is poison");
  const auto failed_at = current("moody").record.failure->at_us;
  mood().created = 0;
  reopen();
  expect_failed("this record is poison");
  EXPECT_EQ(current("moody").record.failure->at_us, failed_at);
  EXPECT_EQ(mood().created, 0);
}

TEST_F(FailureTest, WhoWaitsIsTold) {
  record_poison();
  set(Mood::What::fail);
  Supervisor& moody = load("moody");
  EXPECT_TRUE(failed(moody.wait(last(), within_time()), Errc::unsupported, "has failed at seq 10"));
  EXPECT_TRUE(moody.wait(poison - 1, within_time()).has_value());
}

TEST_F(FailureTest, EveryWayToBreakARuleIsNamed) {
  const std::vector<std::pair<Mood::What, std::string>> ways{
      {Mood::What::fail_silently, "without saying why"},
      {Mood::What::throw_exception, "thrown at you"},
      {Mood::What::throw_int, "threw an exception"},
      {Mood::What::write_outside, "put() for table 7, but 'moody' has 1 table"},
      {Mood::What::ignore_a_refusal, "put() for table 7, but 'moody' has 1 table"},
      {Mood::What::write_too_much, "put()"},
      {Mood::What::keep_the_host, "called put() with a table of the host that was not given"},
      {Mood::What::use_a_thread, "on another thread"},
      {Mood::What::return_nonsense, "returned 17"},
  };
  record_poison();
  for (const auto& [what, why] : ways) {
    SCOPED_TRACE(why);
    set(what);
    load("moody");
    expect_failed(why);
    good(projections->unload("moody"));
  }
}

TEST_F(FailureTest, RetryTriesAgain) {
  record_poison();
  set(Mood::What::throw_exception);
  Supervisor& moody = load("moody");
  expect_failed("thrown at you");
  EXPECT_TRUE(good(moody.retry()).changed);
  expect_failed("thrown at you");
  set(Mood::What::nothing);
  EXPECT_TRUE(good(moody.retry()).changed);
  catch_up("moody");
  EXPECT_EQ(current("moody").stat.tables[0].rows, 19U);
  EXPECT_FALSE(good(moody.retry()).changed);
  expect_as_rebuilt("moody");
}

TEST_F(FailureTest, SkipPassesOneEventAndSaysSoUntilItIsRebuilt) {
  record_poison();
  set(Mood::What::fail);
  Supervisor& moody = load("moody");
  expect_failed("poison");
  EXPECT_TRUE(failed(moody.skip(poison - 1), Errc::invalid, "only the event that it failed at"));
  EXPECT_TRUE(good(moody.skip(poison)).changed);
  catch_up("moody");
  EXPECT_EQ(current("moody").stat.tables[0].rows, 18U);
  EXPECT_EQ(current("moody").checkpoint.skipped, std::vector<log::Seq>{poison});
  EXPECT_FALSE(good(moody.skip(poison)).changed);
  reopen();
  EXPECT_EQ(current("moody").checkpoint.skipped, std::vector<log::Seq>{poison});
  // A rebuild that skips the same is the same.
  expect_as_rebuilt("moody");
  set(Mood::What::nothing);
  good(at("moody").replay({}));
  ASSERT_TRUE(comes_true([&] { return status("moody").record.current == 2; }));
  EXPECT_EQ(current("moody").stat.tables[0].rows, 19U);
  EXPECT_TRUE(current("moody").checkpoint.skipped.empty());
}

TEST_F(FailureTest, RetryAsAResultIsAnsweredWithAPauseAndThenGoesWell) {
  record_poison();
  mood().retries = 5;
  set(Mood::What::retry);
  load("moody");
  catch_up("moody");
  EXPECT_EQ(current("moody").stat.tables[0].rows, 19U);
  EXPECT_LT(mood().retries, 1);
  EXPECT_GE(mood().created, 6);
}

TEST_F(FailureTest, RetryForEverIsAFailure) {
  record_poison();
  mood().retries = 1000;
  set(Mood::What::retry);
  load("moody");
  expect_failed("not now");
}

TEST_F(FailureTest, TwoEventsAtFaultAreFoundOneAfterTheOther) {
  record_poison();
  const log::Seq second = record({create("dora", "1", 60, "poison too")});
  post_some("erin", 3, 70);
  set(Mood::What::fail);
  Supervisor& moody = load("moody");
  expect_failed("poison");
  good(moody.skip(poison));
  ASSERT_TRUE(comes_true([&] {
    const auto failure = current("moody").record.failure;
    return failure && failure->seq == second;
  }));
  EXPECT_EQ(current("moody").checkpoint.seq, second - 1);
  EXPECT_EQ(current("moody").stat.tables[0].rows, second - 2);
}

TEST_F(FailureTest, TheFaultIsFoundBehindManyCommits) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 1;
  post_some("alice", 3000);
  poison = record({create("bob", "1", 5000, "poison")});
  set(Mood::What::fail);
  load("moody");
  expect_failed("poison");
}

TEST_F(FailureTest, OneThatCannotBeMadeFailsBeforeAnyEvent) {
  record_poison();
  mood().create_fails = true;
  Supervisor& moody = load("moody");
  ASSERT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
  EXPECT_EQ(current("moody").record.failure->seq, 0U);
  EXPECT_NE(current("moody").record.failure->message.find("not in the mood"), std::string::npos);
  mood().create_fails = false;
  good(moody.retry());
  catch_up("moody");
}

TEST_F(FailureTest, OneThatAsksToBeMadeLaterIsMadeLater) {
  mood().create_retries = 3;
  record_poison();
  Supervisor& moody = load("moody");
  catch_up("moody");
  // The same where one has to be made anew.
  set(Mood::What::retry);
  mood().retries = 1;
  mood().create_retries = 3;
  post_some("dora", 1, 60, "poison");
  catch_up("moody");
  EXPECT_EQ(mood().create_retries, 0);
  EXPECT_EQ(status("moody").state(), "live");
  good(moody.pause());
  mood().create_retries = 1000;
  good(moody.resume());
  EXPECT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
  EXPECT_NE(current("moody").record.failure->message.find("not ready yet"), std::string::npos);
}

TEST_F(FailureTest, AStopWhileOneIsNotMadeYetIsNoFailure) {
  options.loop.retry_pause = options.loop.retry_pause_max = 10s;
  mood().create_retries = 1;
  Supervisor& moody = load("moody");
  ASSERT_TRUE(comes_true([&] { return current("moody").progress.activity == Activity::retrying; }));
  good(moody.pause());
  EXPECT_EQ(status("moody").state(), "paused");
  good(moody.resume());
  catch_up("moody");
  EXPECT_TRUE(comes_true([&] { return status("moody").state() == "live"; }));
}

TEST_F(FailureTest, AHangIsReportedAndCommandsDoNotWaitForIt) {
  options.patience = 200ms;
  record_poison();
  set(Mood::What::hang);
  Supervisor& moody = load("moody");
  ASSERT_TRUE(comes_true([&] { return mood().hanging == 1; }));
  EXPECT_TRUE(comes_true([&] { return current("moody").progress.calling_us > 20'000; }));
  EXPECT_TRUE(failed(moody.reset(), Errc::timeout, "apply() has been running for"));
  EXPECT_NE(good(moody.pause()).said.find("still in a call"), std::string::npos);
  load("tally");
  catch_up("tally");
  mood().released = true;
  EXPECT_TRUE(comes_true([&] { return mood().instances == 0; }));
  good(moody.resume());
  catch_up("moody");
}

}  // namespace
}  // namespace refold::projection
