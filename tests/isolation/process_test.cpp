#include "tests/isolation/fixture.h"
#include "tests/projection/crash_scene.h"

namespace refold::isolation {
namespace {

struct ProcessTest : IsolationTest {
  void record_traffic(std::uint64_t seed) const {
    good(recorder->record(batch_of(traffic(200, seed))));
  }
};

TEST_F(ProcessTest, ItsRowsAreThoseOfAThread) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) record_traffic(seed);
  load_library("counts");
  catch_up("counts");
  const auto isolated = current("counts");
  EXPECT_EQ(workers_of(getpid(), "fold").size(), 1U);
  const auto rows = good(at("counts").rows("counts", {}, within_time(), 0));
  EXPECT_GT(rows.size(), 1U);
  close();
  // The same view, and one that is built anew, in threads.
  options.isolation = nullptr;
  open();
  EXPECT_EQ(current("counts").checkpoint, isolated.checkpoint);
  EXPECT_EQ(good(at("counts").rows("counts", {}, within_time(), 0)), rows);
  load_library("counts", "again");
  catch_up("again");
  EXPECT_EQ(current("again").stat.tables, isolated.stat.tables);
  expect_as_rebuilt("counts");
}

TEST_F(ProcessTest, TheEngineLoadsNoLibrary) {
  load_library("counts");
  post_some("alice", 3);
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 3U);
  EXPECT_EQ(projections->shelf().loaded(), 0U);
  // What is loaded already is not copied again.
  EXPECT_FALSE(good(projections->load({.name = "counts",
                                       .library = library("counts"),
                                       .plugin = {},
                                       .projection = {},
                                       .options = {},
                                       .keep_warm = false}))
                   .changed);
}

TEST_F(ProcessTest, WhatAPluginLogsArrives) {
  load_library("counts");
  EXPECT_TRUE(comes_true([&] { return said("counts: started"); }));
}

TEST_F(ProcessTest, ItsProcessesEndWithIt) {
  post_some("alice", 3);
  load_library("counts");
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 3U);
  EXPECT_EQ(workers_of(getpid()).size(), 2U);
  good(at("counts").pause());
  EXPECT_EQ(workers_of(getpid(), "fold").size(), 0U);
  EXPECT_EQ(counted("counts"), 3U);
  good(at("counts").resume());
  post_some("bob", 3, 10);
  catch_up("counts");
  good(projections->unload("counts"));
  EXPECT_TRUE(comes_true([&] { return workers_of(getpid()).empty(); }));
  EXPECT_FALSE(fs::exists(data / "projections" / "counts"));
}

TEST_F(ProcessTest, AProcessWithoutUseIsNotMissed) {
  post_some("alice", 3);
  load_library("counts");
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 3U);
  kill_all(workers_of(getpid()));
  EXPECT_EQ(counted("counts"), 3U);
  post_some("bob", 3, 10);
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 6U);
  EXPECT_TRUE(said("it was killed (SIGKILL); it is started again"));
}

TEST_F(ProcessTest, KilledAtRandomMomentsItsRowsEqualThoseOfARebuild) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 4096;
  // No commit may come between many kills in a row; that is not what is looked at here.
  processes.ends_max = 100'000;
  load_library("counts");
  std::mt19937_64 random(11);
  std::uint64_t kills = 0;
  const unsigned rounds = crash_rounds(150);
  const unsigned pause_max_us = sanitized ? 160'000 : 40'000;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    record_traffic(seed);
    std::vector<pid_t> folding;
    ASSERT_TRUE(comes_true([&] {
      folding = workers_of(getpid(), "fold");
      return !folding.empty();
    }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % pause_max_us));
    for (const pid_t pid : folding) {
      kills += ::kill(pid, SIGKILL) == 0 ? 1 : 0;
    }
  }
  catch_up("counts");
  EXPECT_EQ(status("counts").state(), "live");
  expect_as_rebuilt("counts");
  std::printf("%llu kills\n", static_cast<unsigned long long>(kills));
  EXPECT_GT(kills, rounds / 2);
}

TEST_F(ProcessTest, KilledAtEveryNamedPointItsRowsEqualThoseOfARebuild) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 4096;
  processes.ends_max = 100'000;
  // The point is armed in its processes only.
  const fs::path armed = folder / "armed";
  processes.runner = folder / "runner.sh";
  std::ofstream(armed) << "";
  std::ofstream(processes.runner) << "#!/bin/sh\nREFOLD_CRASH_AT=\"$(cat '" << armed.native()
                                  << "')\" exec '" << runner.native() << "' \"$@\"\n";
  fs::permissions(processes.runner, fs::perms::owner_all);
  load_library("counts");
  std::uint64_t seed = 0;
  unsigned kills = 0;
  for (const char* const point :
       {"projection.apply", "view.merge", "view.checkpoint", "view.commit", "view.committed"}) {
    SCOPED_TRACE(point);
    {
      const std::lock_guard lock(lines_mutex);
      lines.clear();
    }
    std::ofstream(armed) << point << ":3";
    kill_all(workers_of(getpid(), "fold"));
    const auto killed = [&] {
      const std::lock_guard lock(lines_mutex);
      return static_cast<unsigned>(std::count_if(
          lines.begin(), lines.end(),
          [](const std::string& line) { return line.find("it was killed") != std::string::npos; }));
    };
    ASSERT_TRUE(comes_true(
        [&] {
          if (last() < current("counts").checkpoint.seq + 1000) record_traffic(++seed);
          return killed() >= std::max(2U, crash_rounds(100) / 5);
        },
        120s));
    kills += killed();
    std::ofstream(armed) << "";
    kill_all(workers_of(getpid(), "fold"));
    catch_up("counts");
    EXPECT_EQ(status("counts").state(), "live");
    expect_as_rebuilt("counts");
  }
  std::printf("%u kills\n", kills);
}

TEST_F(ProcessTest, APromotionKeepsThoseWhoWaitAndThoseWhoAsk) {
  Supervisor& counts = load_library("counts");
  ASSERT_TRUE(comes_true([&] { return status("counts").state() == "live"; }));
  constexpr int waiters = 40;
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int number = 1; number <= waiters; ++number) {
    threads.emplace_back([&, number] {
      const auto seq = static_cast<log::Seq>(number) * 5;
      if (counts.wait(seq, within_time(60s)).has_error() || counted("counts") < seq) ++wrong;
    });
  }
  for (int round = 0; round < 4; ++round) {
    post_some("alice", 50, 1 + round * 50);
    const std::uint64_t before = status("counts").record.current;
    good(counts.replay({}));
    ASSERT_TRUE(comes_true([&] { return status("counts").record.current > before; }));
    good(counts.prune());
  }
  for (std::jthread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(status("counts").record.current, 5U);
  expect_as_rebuilt("counts");
}

TEST_F(ProcessTest, UpgradesTakeOverOrBuildAnew) {
  post_some("alice", 10);
  load_library("counts");
  catch_up("counts");
  good(projections->upgrade("counts", library("counts-again"), std::nullopt, false));
  post_some("bob", 5, 20);
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 15U);
  EXPECT_EQ(status("counts").record.current, 1U);
  good(projections->upgrade("counts", library("counts-other-fold"), std::nullopt, false));
  ASSERT_TRUE(comes_true([&] { return status("counts").record.current == 2; }));
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 30U);
  good(at("counts").rollback());
  EXPECT_EQ(counted("counts"), 15U);
}

TEST_F(ProcessTest, VerifyNamesTheEventOfAPluginThatIsNotDeterministic) {
  post_some("alice", 9);
  const log::Seq boom = record({create("bob", "boom", 20, "x")});
  post_some("carol", 9, 30);
  load_library("non-deterministic");
  catch_up("non-deterministic");
  const auto report = at("non-deterministic").verify(nullptr);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_FALSE(report->equal);
  EXPECT_FALSE(report->repeatable);
  EXPECT_EQ(report->event, boom);
  EXPECT_NE(report->said.find("is not deterministic"), std::string::npos) << report->said;
}

/// Not a test: the engine that is killed.
TEST(EngineScene, DISABLED_Play) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  auto recorder = good(index::Recorder::open(place, ProjectionTest::recorder_options()));
  ProcessIsolation isolation(quick_processes());
  ProjectionsOptions options = quick_options();
  options.loop.batch.bytes = options.loop.first_batch.bytes = 4096;
  options.isolation = &isolation;
  auto projections = good(Projections::open(recorder->log(), options));
  const auto counts = good(projections->find("counts"));
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    good(recorder->record(batch_of(traffic(100, seed))));
    (void)counts->query("count", {{"collection", std::string(post)}}, within_time(), 0);
    if (seed % 20 == 0) (void)counts->replay({});
  }
}

TEST_F(ProcessTest, AProcessEndsWithItsEngineAndTheRowsEqualThoseOfARebuild) {
  load_library("counts");
  std::mt19937_64 random(5);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    close();
    recorder.reset();
    const pid_t engine = fork();
    if (engine == 0) {
      setenv("REFOLD_TEST_DATA_FOLDER", data.c_str(), 1);
      execl("/proc/self/exe", "child", "--gtest_filter=EngineScene.DISABLED_Play",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
      _exit(127);
    }
    EXPECT_TRUE(comes_true([&] { return workers_of(engine).size() >= 2; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300'000));
    const std::vector<pid_t> workers = workers_of(engine);
    ::kill(engine, SIGKILL);
    int status = 0;
    waitpid(engine, &status, 0);
    EXPECT_TRUE(was_killed(status));
    for (const pid_t pid : workers) EXPECT_TRUE(comes_true([&] { return has_ended(pid); }));
    recorder = good(index::Recorder::open(data, recorder_options()));
    open_isolated();
    ASSERT_TRUE(comes_true([&] { return this->status("counts").state() == "live"; }));
    good(at("counts").cancel());
    catch_up("counts");
    expect_as_rebuilt("counts");
  }
}

}  // namespace
}  // namespace refold::isolation
