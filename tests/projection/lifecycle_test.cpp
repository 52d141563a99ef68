#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

struct LifecycleTest : ProjectionTest {
  void expect_current(const std::string& name, std::uint64_t generation) {
    EXPECT_TRUE(comes_true([&] {
      const auto now = status(name);
      return now.record.current == generation && now.state() == "live";
    })) << status(name).state();
  }
  /// The projection, live on five posts.
  Supervisor& live(const std::string& name) {
    post_some("alice", 5);
    Supervisor& projection = load(name);
    catch_up(name);
    expect_current(name, 1);
    return projection;
  }
  [[nodiscard]] State state_of(const std::string& name, std::uint64_t generation) const {
    return status(name).record.find(generation)->state;
  }
  [[nodiscard]] bool has_folder(const std::string& name, std::uint64_t generation) const {
    return std::filesystem::exists(data / "projections" / name / std::to_string(generation));
  }
};

TEST_F(LifecycleTest, LoadingTheSameAgainChangesNothing) {
  live("tally");
  LoadRequest request;
  request.plugin = "tests";
  request.projection = "tally";
  EXPECT_FALSE(good(projections->load(request)).changed);
  request.options = {{"factor", "2"}};
  EXPECT_TRUE(failed(projections->load(request), Errc::invalid, "already"));
  request.options = {{"factor", "0"}};
  request.name = "other";
  EXPECT_TRUE(failed(projections->load(request), Errc::invalid, "factor"));
  request.name = "Bad Name";
  EXPECT_TRUE(failed(projections->load(request), Errc::invalid, "names are of a-z"));
  request.name = "third";
  request.plugin = "none";
  EXPECT_TRUE(failed(projections->load(request), Errc::not_found, "built into this program"));
  EXPECT_EQ(projections->names(), std::vector<std::string>{"tally"});
}

TEST_F(LifecycleTest, OneProjectionRunsAsSeveralInstances) {
  post_some("alice", 5);
  load("tally", {}, "one");
  load("tally", {{"factor", "3"}}, "two");
  catch_up("one");
  catch_up("two");
  EXPECT_EQ(count("one", post), 5U);
  EXPECT_EQ(count("two", post), 5U);
  EXPECT_EQ(current("two").checkpoint.options, "factor=3\n");
  good(projections->unload("one"));
  EXPECT_FALSE(std::filesystem::exists(data / "projections" / "one"));
  EXPECT_EQ(count("two", post), 5U);
  reopen();
  EXPECT_EQ(projections->names(), std::vector<std::string>{"two"});
}

TEST_F(LifecycleTest, AReplayTakesOverWhenItHasCaughtUp) {
  Supervisor& tally = live("tally");
  EXPECT_TRUE(good(tally.replay({})).changed);
  expect_current("tally", 2);
  EXPECT_EQ(state_of("tally", 1), State::retired);
  EXPECT_EQ(count("tally", post), 5U);
  post_some("bob", 2, 20);
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 7U);
  reopen();
  expect_current("tally", 2);
  EXPECT_EQ(count("tally", post), 7U);
}

TEST_F(LifecycleTest, AHeldReplayWaitsToBePromoted) {
  Supervisor& tally = live("tally");
  good(tally.replay({.hold = true, .slice = {}}));
  ASSERT_TRUE(comes_true([&] { return state_of("tally", 2) == State::ready; }));
  reopen();
  EXPECT_EQ(state_of("tally", 2), State::ready);
  post_some("bob", 2, 20);
  catch_up("tally");
  EXPECT_EQ(status("tally").record.current, 1U);
  EXPECT_TRUE(good(at("tally").promote()).changed);
  EXPECT_EQ(status("tally").record.current, 2U);
  EXPECT_EQ(count("tally", post), 7U);
  EXPECT_FALSE(good(at("tally").promote()).changed);
}

TEST_F(LifecycleTest, TheSecondReplayIsRefusedWithTheStateOfTheFirst) {
  Supervisor& tally = live("tally");
  good(tally.replay({.hold = true, .slice = {}}));
  ASSERT_TRUE(comes_true([&] { return state_of("tally", 2) == State::ready; }));
  EXPECT_TRUE(failed(tally.replay({}), Errc::busy, "generation 2 is at seq 5 of 5 (ready)"));
  EXPECT_TRUE(good(tally.cancel()).changed);
  EXPECT_FALSE(good(tally.cancel()).changed);
  EXPECT_TRUE(comes_true([&] { return !has_folder("tally", 2); }));
  good(tally.replay({}));
  expect_current("tally", 3);
}

TEST_F(LifecycleTest, AWarmRollBackIsQuickAndLosesNothing) {
  options.loop.batch.time = 100ms;
  Supervisor& tally = live("tally");
  good(tally.keep_warm(true));
  good(tally.replay({}));
  expect_current("tally", 2);
  post_some("bob", 3, 20);
  catch_up("tally");
  ASSERT_TRUE(comes_true([&] { return status("tally").generations[0].checkpoint.seq == last(); }));
  auto quickest = std::chrono::steady_clock::duration::max();
  // Odd: there, and back again, and there.
  for (int turn = 0; turn < 11; ++turn) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(good(tally.rollback()).changed);
    quickest = std::min(quickest, std::chrono::steady_clock::now() - began);
  }
  EXPECT_LT(quickest, 100ms);
  EXPECT_EQ(status("tally").record.current, 1U);
  EXPECT_EQ(count("tally", post), 8U);
  // And back again.
  EXPECT_TRUE(good(tally.rollback()).changed);
  EXPECT_EQ(status("tally").record.current, 2U);
  reopen();
  expect_current("tally", 2);
}

TEST_F(LifecycleTest, AColdRollBackCatchesUpFirst) {
  Supervisor& tally = live("tally");
  good(tally.replay({}));
  expect_current("tally", 2);
  std::vector<TestDraft> drafts;
  for (int number = 0; number < 12'000; ++number) {
    drafts.push_back(
        create("bob", std::to_string(number), static_cast<std::uint64_t>(number) + 50, "a"));
  }
  record(drafts);
  catch_up("tally");
  EXPECT_NE(good(tally.rollback()).said.find("catches up from seq 5"), std::string::npos);
  expect_current("tally", 1);
  EXPECT_EQ(count("tally", post), 12'005U);
  EXPECT_EQ(state_of("tally", 2), State::retired);
}

TEST_F(LifecycleTest, ACancelledRollBackKeepsTheRetiredGeneration) {
  Supervisor& tally = live("tally");
  good(tally.replay({}));
  expect_current("tally", 2);
  good(tally.pause());
  std::vector<TestDraft> drafts;
  for (int number = 0; number < 12'000; ++number) {
    drafts.push_back(
        create("bob", std::to_string(number), static_cast<std::uint64_t>(number) + 50, "a"));
  }
  record(drafts);
  good(tally.rollback());
  EXPECT_EQ(state_of("tally", 1), State::building);
  EXPECT_NE(good(tally.cancel()).said.find("generation 1 of 'tally' rests again"),
            std::string::npos);
  EXPECT_EQ(state_of("tally", 1), State::retired);
  good(tally.resume());
  expect_current("tally", 2);
}

TEST_F(LifecycleTest, PruneDeletesWhatIsRetired) {
  Supervisor& tally = live("tally");
  good(tally.replay({}));
  expect_current("tally", 2);
  EXPECT_TRUE(has_folder("tally", 1));
  EXPECT_TRUE(good(tally.prune()).changed);
  EXPECT_TRUE(comes_true([&] { return !has_folder("tally", 1); }));
  EXPECT_FALSE(good(tally.prune()).changed);
  EXPECT_TRUE(failed(tally.rollback(), Errc::not_found, "no retired generation"));
  EXPECT_EQ(count("tally", post), 5U);
}

TEST_F(LifecycleTest, ResetEmptiesAtOnceAndRebuildsInPlace) {
  Supervisor& tally = live("tally");
  good(tally.pause());
  EXPECT_TRUE(good(tally.reset()).changed);
  EXPECT_EQ(all("tally"), "{}");
  EXPECT_EQ(status("tally").record.current, 2U);
  EXPECT_TRUE(comes_true([&] { return !has_folder("tally", 1); }));
  good(tally.resume());
  expect_current("tally", 2);
  EXPECT_EQ(count("tally", post), 5U);
}

TEST_F(LifecycleTest, APauseLastsOverARestart) {
  Supervisor& tally = live("tally");
  EXPECT_TRUE(good(tally.pause()).changed);
  EXPECT_FALSE(good(tally.pause()).changed);
  reopen();
  post_some("bob", 2, 20);
  EXPECT_EQ(status("tally").state(), "paused");
  EXPECT_TRUE(failed(at("tally").wait(last(), within_time()), Errc::unsupported, "is paused"));
  EXPECT_EQ(count("tally", post), 5U);
  EXPECT_EQ(current("tally").lag_events, 2U);
  EXPECT_GT(current("tally").lag_us, 0);
  EXPECT_TRUE(good(at("tally").resume()).changed);
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 7U);
  EXPECT_EQ(current("tally").lag_events, 0U);
}

TEST_F(LifecycleTest, APartialReplayIsBuiltBesideAndLeftAlone) {
  post_some("alice", 5);
  record({create("bob", "1", 10, "b"), create("bob", "2", 11, "", like)});
  Supervisor& tally = load("tally");
  catch_up("tally");
  good(tally.replay({.hold = false, .slice = {{std::string(post)}, {}}}));
  good(tally.replay({.hold = false, .slice = {{}, {did_of("bob")}}}));
  const auto done = [&](std::uint64_t number) {
    return [&, number] {
      const auto now = status("tally");
      return now.generations[number - 1].checkpoint.seq == 7;
    };
  };
  ASSERT_TRUE(comes_true(done(2)));
  ASSERT_TRUE(comes_true(done(3)));
  EXPECT_EQ(all("tally", 2), R"({"app.bsky.feed.post":6})");
  EXPECT_EQ(all("tally", 3), R"({"app.bsky.feed.like":1,"app.bsky.feed.post":1})");
  EXPECT_EQ(status("tally").record.current, 1U);
  post_some("carol", 2, 20);
  catch_up("tally");
  EXPECT_EQ(all("tally", 2), R"({"app.bsky.feed.post":6})");
  reopen();
  EXPECT_EQ(all("tally", 3), R"({"app.bsky.feed.like":1,"app.bsky.feed.post":1})");
  good(at("tally").prune());
  EXPECT_EQ(status("tally").generations.size(), 1U);
  load("moody");
  EXPECT_TRUE(failed(at("moody").replay({.hold = false, .slice = {{std::string(like)}, {}}}),
                     Errc::invalid, "reads none of these collections"));
}

TEST_F(LifecycleTest, ADiffTellsWhatAReplayChanged) {
  Supervisor& fickle = live("fickle");
  record({create("bob", "1", 20, "dice")});
  catch_up("fickle");
  good(fickle.replay({.hold = true, .slice = {}}));
  ASSERT_TRUE(comes_true([&] { return state_of("fickle", 2) == State::ready; }));
  const Diff diff = good(fickle.diff(0, 10));
  EXPECT_EQ(diff.before_seq, diff.after_seq);
  ASSERT_EQ(diff.tables.size(), 1U);
  EXPECT_EQ(diff.tables[0].name, "rows");
  EXPECT_EQ(diff.tables[0].changed, 1U);
  EXPECT_EQ(diff.tables[0].added + diff.tables[0].removed, 0U);
  ASSERT_EQ(diff.samples.size(), 1U);
  EXPECT_EQ(text_of(diff.samples[0].key), did_of("bob") + "/" + std::string(post) + "/1");
  // Both go on afterwards.
  post_some("carol", 2, 40);
  catch_up("fickle");
  EXPECT_TRUE(comes_true([&] { return status("fickle").generations[1].checkpoint.seq == last(); }));
  EXPECT_TRUE(failed(fickle.diff(7, 1), Errc::not_found, "generation 7"));
}

/// A call that does not return keeps the diff from beginning until the cancelling waits behind it.
TEST_F(LifecycleTest, WhatADiffReadsMayBeDeletedMeanwhile) {
  post_some("alice", 40'000);
  Supervisor& moody = load("moody");
  catch_up("moody");
  expect_current("moody", 1);
  good(moody.replay({.hold = true, .slice = {}}));
  ASSERT_TRUE(comes_true([&] { return state_of("moody", 2) == State::ready; }));
  mood().what = Mood::What::hang;
  post_some("bob", 1, 50'000, "poison");
  ASSERT_TRUE(comes_true([&] { return mood().hanging > 0; }));
  std::thread comparing([&] { EXPECT_EQ(good(moody.diff(2, 1)).after, 2U); });
  std::this_thread::sleep_for(20ms);
  std::thread cancelling([&] { good(moody.cancel()); });
  std::this_thread::sleep_for(20ms);
  mood().what = Mood::What::nothing;
  mood().released = true;
  comparing.join();
  cancelling.join();
  EXPECT_TRUE(comes_true([&] { return !has_folder("moody", 2); }));
}

TEST_F(LifecycleTest, ARollBackThatFailsSaysSoAtOnceAndOneThatGoesWellForgetsIt) {
  Supervisor& moody = live("moody");
  good(moody.replay({}));
  expect_current("moody", 2);
  const log::Seq poison = post_some("bob", 1, 20, "poison");
  catch_up("moody");
  mood().what = Mood::What::fail;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(failed(moody.rollback(), Errc::unsupported, "this record is poison"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, options.patience / 2);
  EXPECT_EQ(status("moody").record.current, 2U);
  EXPECT_EQ(status("moody").record.find(1)->failure->seq, poison);
  mood().what = Mood::What::nothing;
  good(moody.rollback());
  post_some("bob", 1, 21);
  catch_up("moody");
  expect_current("moody", 1);
}

TEST_F(LifecycleTest, ARollBackThatTakesLongerThanAnybodyWaitsGoesOnByItself) {
  options.patience = 2s;
  options.loop.batch.time = 10ms;
  options.loop.apply_events_max = 1;
  Supervisor& moody = live("moody");
  good(moody.replay({}));
  expect_current("moody", 2);
  post_some("bob", 250, 20, "poison");
  catch_up("moody");
  mood().what = Mood::What::dawdle;
  EXPECT_NE(good(moody.rollback()).said.find("catches up from seq"), std::string::npos);
  expect_current("moody", 1);
}

/// It has caught up while the current one hung, and fails before that could be stopped.
TEST_F(LifecycleTest, WhatHasFailedIsNotPromoted) {
  Supervisor& moody = live("moody");
  mood().what = Mood::What::hang;
  post_some("bob", 1, 20, "poison");
  ASSERT_TRUE(comes_true([&] { return mood().hanging > 0; }));
  mood().what = Mood::What::nothing;
  good(moody.replay({}));
  ASSERT_TRUE(comes_true([&] { return status("moody").generations[1].progress.caught_up; }));
  mood().what = Mood::What::fail;
  post_some("bob", 1, 21, "poison");
  ASSERT_TRUE(comes_true([&] { return status("moody").record.find(2)->failure.has_value(); }));
  mood().what = Mood::What::nothing;
  mood().released = true;
  catch_up("moody");
  std::this_thread::sleep_for(600ms);
  EXPECT_EQ(status("moody").record.current, 1U);
  EXPECT_EQ(status("moody").state(), "live");
}

TEST_F(LifecycleTest, WhoHasItInHandWhenItIsUnloadedIsToldSo) {
  live("tally");
  const auto kept = good(projections->find("tally"));
  std::thread waiting(
      [&] { EXPECT_TRUE(failed(kept->wait(last() + 1, within_time()), Errc::closed, "closed")); });
  std::this_thread::sleep_for(20ms);
  const auto began = std::chrono::steady_clock::now();
  good(projections->unload("tally"));
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  const std::string why = "'tally' was unloaded";
  EXPECT_TRUE(failed(kept->pause(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->resume(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->keep_warm(true), Errc::closed, why));
  EXPECT_TRUE(failed(kept->retry(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->skip(1), Errc::closed, why));
  EXPECT_TRUE(failed(kept->replay({}), Errc::closed, why));
  EXPECT_TRUE(failed(kept->cancel(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->reset(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->promote(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->rollback(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->prune(), Errc::closed, why));
  EXPECT_TRUE(failed(kept->upgrade({}), Errc::closed, why));
  EXPECT_TRUE(failed(kept->diff(0, 1), Errc::closed, why));
  EXPECT_TRUE(failed(kept->verify(nullptr), Errc::closed, why));
  EXPECT_TRUE(failed(kept->status(), Errc::closed, why));
  reopen();
  EXPECT_TRUE(projections->names().empty());
}

/// Not a test: what another process does meanwhile.
TEST(OtherProcess, DISABLED_Looks) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  const auto log = log::WitnessLog::open_reader(place).value();
  EXPECT_TRUE(failed(Projections::open(*log, quick_options()), Errc::busy, "pid"));
  const auto seen = good(inspect(*log));
  EXPECT_EQ(seen[0].record.name, "tally");
  EXPECT_EQ(seen[0].current()->checkpoint.seq, 5U);
  EXPECT_EQ(seen[0].current()->stat.tables[0].rows, 1U);
}

TEST_F(LifecycleTest, AnotherProcessMayLookButNotTouch) {
  live("tally");
  EXPECT_EQ(run_again("OtherProcess.DISABLED_Looks", {{"REFOLD_TEST_DATA_FOLDER", data.native()}}),
            0);
}

}  // namespace
}  // namespace refold::projection
