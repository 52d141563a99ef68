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
  const char* why;
};
void PrintTo(const Bad& bad, std::ostream* to) { *to << bad.plugin; }

struct BadPluginTest : ContainedTest, ::testing::WithParamInterface<Bad> {};

TEST_P(BadPluginTest, FailsAloneAtItsEventWithASentence) {
  load_library("counts");
  load("tally");
  load_library(GetParam().plugin);
  expect_failed(GetParam().plugin, GetParam().why);
  post_some("dora", 1, 60);
  for (const char* const other : {"counts", "tally"}) {
    SCOPED_TRACE(other);
    catch_up(other);
    EXPECT_EQ(status(other).state(), "live");
  }
  EXPECT_EQ(counted("counts"), 20U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadPluginTest,
    ::testing::Values(Bad{"apply-crashes", "it crashed (SIGSEGV) in apply()"},
                      Bad{"apply-hangs", "it hung for 1 s in apply()"},
                      Bad{"apply-eats-memory", "it took more than 256 MiB of memory in apply()"},
                      Bad{"apply-exits", "it ended the process (status 3) in apply()"},
                      Bad{"apply-forges", "it wrote into the channel of its process in apply()"},
                      Bad{"apply-throws", "a bean too many"},
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
  options.loop.batch_bytes_max = 4096;
  post_some("dora", 3000, 100);
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
  Supervisor& bad = load_library("bad-queries");
  catch_up("bad-queries");
  const auto folding = workers_of(getpid(), "fold");
  ASSERT_EQ(folding.size(), 1U);
  const std::vector<std::pair<std::string, std::string>> ways{
      {"crashes", "query 'crashes': it crashed (SIGSEGV)"},
      {"hangs", "query 'hangs': it hung for 1 s"},
      {"eats-memory", "query 'eats-memory': it took more than 256 MiB of memory"},
      {"fails", "nobody knows"},
      {"throws", "no answer"},
      {"answers-nonsense", "is not JSON"},
      {"writes", "it called put() in a query"},
  };
  for (const auto& [query, why] : ways) {
    SCOPED_TRACE(query);
    EXPECT_TRUE(failed(bad.query(query, {}, within_time(), 0), Errc::invalid, why));
    EXPECT_EQ(counted("bad-queries"), last());
    post_some("dora", 1, static_cast<int>(last()) + 60);
    catch_up("bad-queries");
  }
  EXPECT_EQ(workers_of(getpid(), "fold"), folding);
  EXPECT_EQ(status("bad-queries").state(), "live");
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
