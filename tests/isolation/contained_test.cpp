#include "tests/isolation/fixture.h"

namespace refold::isolation {
namespace {

/// Nine posts, the record that bad plugins wait for, and nine more.
struct ContainedTest : IsolationTest {
  log::Seq boom = 0;
  ContainedTest() {
    post_some("alice", 9);
    boom = record({create("bob", "boom", 20, "x")});
    post_some("carol", 9, 30);
  }

  /// It stopped before its event, holds exactly what was before that, and says this.
  void expect_failed(const std::string& name, const std::string& why) const {
    ASSERT_TRUE(comes_true([&] { return status(name).state() == "failed"; }))
        << status(name).state() << ": " << current(name).progress.why;
    const GenerationStatus now = current(name);
    EXPECT_EQ(now.record.failure->seq, boom);
    EXPECT_EQ(now.record.failure->uri, "at://" + did_of("bob") + "/" + std::string(post) + "/boom");
    EXPECT_EQ(now.record.failure->version, "1.0.0");
    EXPECT_NE(now.record.failure->message.find(why), std::string::npos)
        << now.record.failure->message;
    EXPECT_EQ(now.checkpoint.seq, boom - 1);
    EXPECT_EQ(counted(name), boom - 1);
  }
};

struct Bad {
  const char* plugin;
  std::string why;
};
void PrintTo(const Bad& bad, std::ostream* to) { *to << bad.plugin; }

struct BadPluginTest : ContainedTest, ::testing::WithParamInterface<Bad> {};

TEST_P(BadPluginTest, FailsAloneAtItsEventWithASentence) {
  if (GetParam().plugin == std::string("apply-hangs")) processes.call_time_max = hang_time;
  load_library("counts");
  load("tally");
  load_library(GetParam().plugin);
  expect_failed(GetParam().plugin, GetParam().why);
  post_some("dora", 1, 60);
  for (const char* const other : {"counts", "tally"}) {
    SCOPED_TRACE(other);
    catch_up(other);
    become_live(other);
  }
  EXPECT_EQ(counted("counts"), 20U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadPluginTest,
    ::testing::Values(Bad{"apply-crashes", "it crashed (SIGSEGV) in apply()"},
                      Bad{"apply-hangs", hung + " in apply()"},
                      Bad{"apply-eats-memory", "it took more than 256 MiB of memory in apply()"},
                      Bad{"apply-exits", "it ended the process (status 3) in apply()"},
                      Bad{"apply-forges", "it wrote into the channel of its process in apply()"},
                      Bad{"apply-forges-stopped", "it wrote into the channel of its process in"},
                      Bad{"apply-forges-reached", "it wrote into the channel of its process in"},
                      Bad{"apply-forges-refusal", "it wrote into the channel of its process in"},
                      Bad{"apply-forges-nothing", "it wrote into the channel of its process in"},
                      Bad{"apply-throws", "a bean too many"},
                      Bad{"apply-throws-int",
                          "threw an exception through the boundary, which none may cross (int)"},
                      Bad{"apply-returns-nonsense", "apply() returned 77, which is not a result"},
                      Bad{"apply-other-thread",
                          "it called put() with a table of the host that was not given to"},
                      Bad{"apply-writes-too-much", "put(): a key has 8193 bytes, at most 8192 fit"},
                      Bad{"apply-fails-silently", "without saying why"},
                      Bad{"apply-writes-outside", "put() for table"}),
    [](const auto& tested) {
      std::string name = tested.param.plugin;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_F(ContainedTest, AFailureSurvivesARestartAndCanBeRetriedOrSkipped) {
  load_library("apply-crashes");
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  const auto failed_at = current("apply-crashes").record.failure->at_us;
  reopen();
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  EXPECT_EQ(current("apply-crashes").record.failure->at_us, failed_at);
  EXPECT_EQ(workers_of(getpid(), "fold"), std::vector<pid_t>());
  EXPECT_TRUE(failed(at("apply-crashes").wait(last(), within_time()), Errc::unsupported,
                     "has failed at seq 10"));

  EXPECT_TRUE(good(at("apply-crashes").retry()).changed);
  EXPECT_TRUE(comes_true([&] {
    const auto failure = current("apply-crashes").record.failure;
    return failure && failure->at_us != failed_at;
  }));
  expect_failed("apply-crashes", "crashed (SIGSEGV)");

  EXPECT_TRUE(good(at("apply-crashes").skip(boom)).changed);
  catch_up("apply-crashes");
  EXPECT_EQ(counted("apply-crashes"), 18U);
  EXPECT_EQ(current("apply-crashes").checkpoint.skipped, std::vector<log::Seq>{boom});
  expect_as_rebuilt("apply-crashes");
}

TEST_F(ContainedTest, AnUpgradeTriesAgainByItself) {
  load_library("apply-crashes");
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  good(projections->upgrade("apply-crashes", library("apply-mended"), std::nullopt, false));
  catch_up("apply-crashes");
  EXPECT_EQ(counted("apply-crashes"), 19U);
  EXPECT_TRUE(current("apply-crashes").checkpoint.unverified);
  expect_as_rebuilt("apply-crashes");
  EXPECT_TRUE(comes_true([&] { return !current("apply-crashes").checkpoint.unverified; }));
}

TEST_F(ContainedTest, AnUpgradeThatCrashesLeavesTheOldCode) {
  load_library("apply-crashes");
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  EXPECT_TRUE(failed(
      projections->upgrade("apply-crashes", library("apply-crashes-still"), std::nullopt, false),
      Errc::invalid, "failed before its first commit, at seq 10: it crashed"));
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  EXPECT_EQ(current("apply-crashes").checkpoint.build_id, "1");
}

TEST_F(ContainedTest, OneEventAfterTheOtherIsFoundFarBehindTheCheckpoint) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 4096;
  post_some("dora", sanitized ? 1000 : 3000, 100);
  const log::Seq second = record({update("bob", "boom", 9000, "y")});
  post_some("erin", 500, 9100);
  Supervisor& crashes = load_library("apply-crashes");
  expect_failed("apply-crashes", "crashed (SIGSEGV)");
  good(crashes.skip(boom));
  ASSERT_TRUE(comes_true([&] {
    const auto failure = current("apply-crashes").record.failure;
    return failure && failure->seq == second;
  }));
  EXPECT_EQ(current("apply-crashes").checkpoint.seq, second - 1);
  EXPECT_EQ(counted("apply-crashes"), second - 2);
}

/// What ends a process is nobody's fault but its own: the others are not asked to do without.
TEST_F(ContainedTest, BadQueriesGetASentenceAndTheFoldingGoesOn) {
  processes.query_time_max = hang_time;
  Supervisor& bad = load_library("bad-queries");
  catch_up("bad-queries");
  const auto folding = workers_of(getpid(), "fold");
  ASSERT_EQ(folding.size(), 1U);
  struct Way {
    std::string query;
    std::string why;
    Errc code = Errc::invalid;
  };
  std::vector<Way> ways{
      {"crashes", "query 'crashes': it crashed (SIGSEGV)", Errc::closed},
      {"hangs", "query 'hangs': " + hung, Errc::timeout},
      {"eats-memory", "query 'eats-memory': it took more than 256 MiB of memory", Errc::closed},
      {"fails", "nobody knows"},
      {"throws", "no answer"},
      {"answers-nonsense", "is not JSON"},
      {"writes", "it called put() in a query"},
      {"answers-nothing", "it answered nothing, where JSON is expected"},
      {"fails-silently", "without saying why"},
  };
  // Sanitizers' own memory would be taken for the plugin's, and their time for a hang.
  if (!sanitized) {
    ways.push_back({"answers-without-end", "its answer is longer than 67108864 bytes"});
  }
  for (const auto& [query, why, code] : ways) {
    SCOPED_TRACE(query);
    EXPECT_TRUE(failed(bad.query(query, {}, within_time(), 0), code, why));
    EXPECT_EQ(counted("bad-queries"), last());
    post_some("dora", 1, static_cast<int>(last()) + 60);
    catch_up("bad-queries");
  }
  EXPECT_EQ(workers_of(getpid(), "fold"), folding);
  EXPECT_EQ(status("bad-queries").state(), "live");
}

TEST_F(ContainedTest, OneThatAsksForMoreTimeIsTriedAgain) {
  load_library("apply-retries");
  catch_up("apply-retries");
  EXPECT_EQ(counted("apply-retries"), 19U);
  become_live("apply-retries");
}

/// A plugin whose start() hangs where another process has started it already.
struct LockTest : ContainedTest {
  LockTest() { setenv("REFOLD_TEST_LOCK", (folder / "lock").c_str(), 1); }
  ~LockTest() override { unsetenv("REFOLD_TEST_LOCK"); }
};

TEST_F(LockTest, AHangBeforeTheFirstCallIsAFailure) {
  processes.call_time_max = hang_time;
  processes.ends_max = 1;
  Supervisor& locks = load_library("start-locks");
  ASSERT_TRUE(comes_true([&] { return status("start-locks").state() == "live"; }));
  good(locks.replay({}));
  const auto second = [&]() -> std::optional<Failure> {
    const auto now = good(locks.status());
    return now.generations.size() < 2 ? std::nullopt : now.generations[1].record.failure;
  };
  ASSERT_TRUE(comes_true([&] { return second().has_value(); }));
  EXPECT_EQ(second()->message, hung + " before it had begun");
  EXPECT_EQ(second()->seq, 0U);
  EXPECT_EQ(status("start-locks").state(), "live");
}

TEST_F(LockTest, WhatHangsBeforeTheFirstCallIsEndedWhenItIsToStop) {
  processes.call_time_max = 60s;
  processes.end_time_max = 100ms;
  Supervisor& locks = load_library("start-locks");
  ASSERT_TRUE(comes_true([&] { return status("start-locks").state() == "live"; }));
  good(locks.replay({}));
  ASSERT_TRUE(comes_true([&] { return workers_of(getpid(), "fold").size() == 2; }));
  EXPECT_EQ(good(locks.pause()).said, "'start-locks' is paused");
  EXPECT_EQ(workers_of(getpid(), "fold").size(), 0U);
  EXPECT_FALSE(status("start-locks").generations[1].record.failure);
  good(locks.resume());
  ASSERT_TRUE(comes_true([&] { return workers_of(getpid(), "fold").size() == 2; }));
  const auto began = std::chrono::steady_clock::now();
  close();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(ContainedTest, ACallThatDoesNotReturnIsEndedWhenItIsToStop) {
  processes.call_time_max = 60s;
  processes.end_time_max = 100ms;
  Supervisor& hangs = load_library("apply-hangs");
  ASSERT_TRUE(
      comes_true([&] { return current("apply-hangs").progress.calling == Call::Function::apply; }));
  EXPECT_EQ(good(hangs.pause()).said, "'apply-hangs' is paused");
  EXPECT_EQ(status("apply-hangs").state(), "paused");
  good(projections->unload("apply-hangs"));
}

TEST_F(ContainedTest, WithoutItsProgramItSaysSoAndGoesOnWhenThatIsThere) {
  processes.runner = folder / "refold-runner";
  Supervisor& counts = load_library("counts");
  ASSERT_TRUE(comes_true([&] { return status("counts").state() == "stalled"; }));
  EXPECT_NE(current("counts").progress.why.find("cannot start"), std::string::npos);
  EXPECT_TRUE(
      failed(counts.query("count", {{"collection", "x"}}, within_time(), 0), Errc::io, "start"));
  fs::create_symlink("/bin/true", processes.runner);
  ASSERT_TRUE(comes_true([&] {
    return current("counts").progress.why.find("no refold-runner of this release") !=
           std::string::npos;
  }));
  fs::remove(processes.runner);
  fs::create_symlink(runner, processes.runner);
  catch_up("counts");
  EXPECT_EQ(counted("counts"), 19U);
}

}  // namespace
}  // namespace refold::isolation
