#include "tests/projection/library_fixture.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

struct UpgradeTest : LibraryTest {
  Result<Done> try_load(const std::string& name) { return LibraryTest::try_load(name, "counts"); }
  Supervisor& load_library(const std::string& name) {
    good(try_load(name));
    return at("counts");
  }
  Result<Done> upgrade(const std::string& name, std::optional<OptionPairs> pairs = std::nullopt,
                       bool hold = false) {
    return projections->upgrade("counts", name.empty() ? fs::path() : library(name), pairs, hold);
  }
  [[nodiscard]] std::uint64_t counted(std::string_view collection) const {
    const std::string answer = good(
        at("counts").query("count", {{"collection", std::string(collection)}}, within_time(), 0));
    return std::stoull(answer.substr(answer.find(':') + 1));
  }
};

TEST_F(UpgradeTest, APluginOfTheFirstReleaseIsProbedFoldsAnswersAndRenders) {
  const fs::path copy = folder / "everything.so";
  fs::copy_file(fs::path(REFOLD_BINARY_DIR) / "tests" / "abi" / "abi_plugin_1_0.so", copy);
  fs::permissions(copy, fs::perms(0600));
  open();
  LoadRequest request;
  request.library = copy;
  request.options = {{"greeting", "good morning"}};
  good(projections->load(request));
  record({create("alice", "one", 1, "x", "a.b.c"), create("alice", "two", 2, "x", "a.b.c"),
          create("alice", "three", 3, "not wanted")});
  catch_up("everything");
  become_live("everything");
  EXPECT_EQ(good(at("everything").query("count", {}, within_time(), 0)), "2");
  EXPECT_EQ(good(at("everything").query("count", {{"from", "00000002"}}, within_time(), 0)), "1");
  EXPECT_EQ(good(at("everything").rows("cids", {}, within_time(), 0)),
            (std::vector<std::string>(2, R"({"key":0,"row":0})")));
  expect_as_rebuilt("everything");
  const log::Seq at_fault = record({create("alice", "fail", 4, "x", "a.d.e")});
  ASSERT_TRUE(comes_true([&] { return status("everything").state() == "failed"; }));
  EXPECT_EQ(current("everything").record.failure->seq, at_fault);
  EXPECT_EQ(current("everything").record.failure->message, "apply() failed: as it was told to");
}

TEST_F(UpgradeTest, AStagedLibraryThatWasReplacedIsNotLoaded) {
  post_some("alice", 5);
  load_library("counts");
  catch_up("counts");
  const fs::path staged = data / "plugins" / good(projections->shelf().plugins())[0].file;
  close();
  fs::remove(staged);
  fs::copy_file(library("counts-again"), staged);
  open();
  EXPECT_EQ(status("counts").state(), "refused");
  EXPECT_NE(current("counts").refused->message.find("is not the file that was probed"),
            std::string::npos);
  EXPECT_EQ(mapped().size(), 0U);
}

TEST_F(UpgradeTest, ALibraryIsLoadedProbedStagedAndUsed) {
  post_some("alice", 5);
  load_library("counts");
  catch_up("counts");
  EXPECT_EQ(counted(post), 5U);
  EXPECT_EQ(good(at("counts").rows("counts", {}, within_time(), 0)),
            std::vector<std::string>{R"({"key":"app.bsky.feed.post","row":5})"});
  const auto plugins = good(projections->shelf().plugins());
  ASSERT_EQ(plugins.size(), 1U);
  EXPECT_EQ(plugins[0].info.name, "counts");
  EXPECT_EQ(mapped().size(), 1U);
  EXPECT_FALSE(good(try_load("counts")).changed);
  reopen();
  catch_up("counts");
  EXPECT_EQ(counted(post), 5U);
  good(projections->unload("counts"));
  EXPECT_EQ(mapped().size(), 0U);
  EXPECT_TRUE(good(projections->shelf().plugins()).empty());
}

TEST_F(UpgradeTest, ARefusalIsRememberedWithItsReasonAndHash) {
  open();
  EXPECT_TRUE(failed(try_load("create-crashes"), Errc::invalid, "crashed"));
  EXPECT_TRUE(projections->names().empty());
  close();
  const auto refusals = good(Catalog::read(data)).refusals;
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_NE(refusals[0].reason.find("crashed"), std::string::npos);
  EXPECT_EQ(refusals[0].hash.size(), 64U);
}

TEST_F(UpgradeTest, TheSameFoldTakesOverTheViewAndIsUnverifiedUntilItWasVerified) {
  post_some("alice", 5);
  Supervisor& counts = load_library("counts");
  catch_up("counts");
  EXPECT_FALSE(good(upgrade("counts")).changed);
  EXPECT_NE(good(upgrade("counts-again")).said.find("generation 1 of 'counts' goes on"),
            std::string::npos);
  EXPECT_EQ(mapped().size(), 1U);
  EXPECT_EQ(counted(post), 5U);
  EXPECT_FALSE(current("counts").checkpoint.unverified) << "it has written nothing yet";
  post_some("bob", 2, 20);
  catch_up("counts");
  EXPECT_EQ(counted(post), 7U);
  EXPECT_TRUE(current("counts").checkpoint.unverified);
  reopen();
  EXPECT_TRUE(current("counts").checkpoint.unverified);
  expect_as_rebuilt("counts");
  EXPECT_TRUE(comes_true([&] { return !current("counts").checkpoint.unverified; }));
  post_some("carol", 1, 30);
  catch_up("counts");
  EXPECT_FALSE(current("counts").checkpoint.unverified);
  (void)counts;
}

TEST_F(UpgradeTest, AnotherFoldIsBuiltBesideAndThenPromoted) {
  post_some("alice", 5);
  Supervisor& counts = load_library("counts");
  catch_up("counts");
  good(upgrade("counts-other-fold", std::nullopt, true));
  ASSERT_TRUE(comes_true([&] { return status("counts").record.find(2)->state == State::ready; }));
  EXPECT_EQ(counted(post), 5U);
  EXPECT_EQ(mapped().size(), 2U);
  good(counts.promote());
  EXPECT_EQ(counted(post), 10U);
  good(counts.rollback());
  EXPECT_EQ(counted(post), 5U);
  good(counts.rollback());
  good(counts.prune());
  EXPECT_EQ(counted(post), 10U);
}

TEST_F(UpgradeTest, AnotherLayoutWithTheSameFoldIsRefused) {
  post_some("alice", 5);
  load_library("counts");
  catch_up("counts");
  EXPECT_TRUE(failed(upgrade("counts-other-layout"), Errc::invalid, "lays out the table 'counts'"));
  EXPECT_EQ(counted(post), 5U);
  EXPECT_EQ(mapped().size(), 1U);
  EXPECT_EQ(good(projections->shelf().plugins()).size(), 1U);
}

TEST_F(UpgradeTest, OtherOptionsBuildANewGeneration) {
  post_some("alice", 5);
  load("tally");
  catch_up("tally");
  good(projections->upgrade("tally", {}, OptionPairs{{"factor", "7"}}, false));
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
  EXPECT_EQ(current("tally").checkpoint.options, "factor=7\n");
}

/// moody, in the program: one version is replaced by another as a library would be.
TEST_F(UpgradeTest, AVersionThatFailsBeforeItsFirstCommitLeavesTheOldOneGoing) {
  post_some("alice", 5);
  Supervisor& moody = load("moody");
  catch_up("moody");
  UpgradeRequest request;
  request.code = moody.record().find(1)->code;
  request.code.version = "2.0";
  mood().create_fails = true;
  EXPECT_TRUE(failed(moody.upgrade(request), Errc::invalid, "not in the mood"));
  mood().create_fails = false;
  EXPECT_EQ(status("moody").record.find(1)->code.version, "1.0");
  post_some("bob", 2, 20);
  catch_up("moody");
  become_live("moody");
  good(moody.upgrade(request));
  EXPECT_EQ(status("moody").record.find(1)->code.version, "2.0");
}

TEST_F(UpgradeTest, AnUpgradeTriesAgainByItselfAndIsTakenBackIfThatFailsToo) {
  post_some("alice", 5);
  const log::Seq poison = record({create("bob", "1", 20, "poison")});
  mood().what = Mood::What::fail;
  Supervisor& moody = load("moody");
  ASSERT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
  UpgradeRequest request;
  request.code = moody.record().find(1)->code;
  request.code.version = "2.0";
  EXPECT_TRUE(failed(moody.upgrade(request), Errc::invalid,
                     "failed before its first commit, at seq " + std::to_string(poison)));
  EXPECT_EQ(status("moody").state(), "failed");
  EXPECT_EQ(status("moody").record.find(1)->code.version, "1.0");
  mood().what = Mood::What::nothing;
  good(moody.upgrade(request));
  catch_up("moody");
  become_live("moody");
  EXPECT_EQ(current("moody").stat.tables[0].rows, 6U);
}

TEST_F(UpgradeTest, AKeptPointerIsRefusedAndTold) {
  std::mutex mutex;
  std::string told;
  options.log = [&](std::string_view, int level, std::string_view line) {
    const std::lock_guard lock(mutex);
    if (level == REFOLD_ERROR) told += std::string(line) + "\n";
  };
  post_some("alice", 5);
  good(try_load("keeps-pointer"));
  catch_up("counts");
  close();
  EXPECT_NE(told.find("destroy(): it called put() with a table of the host"), std::string::npos)
      << told;
}

TEST_F(UpgradeTest, ABatchDependentFoldIsFoundByVerify) {
  good(try_load("batch-dependent"));
  for (int number = 1; number <= 5; ++number) {
    post_some("alice", 1, number);
    catch_up("counts");
  }
  const auto report = good(at("counts").verify(nullptr));
  EXPECT_FALSE(report.equal);
  EXPECT_EQ(text_of(report.difference->key), "batches");
}

}  // namespace
}  // namespace refold::projection
