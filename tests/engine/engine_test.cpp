#include "core/engine/engine.h"

#include <fcntl.h>

#include "core/base/descriptor.h"
#include "tests/engine/config_fixture.h"
#include "tests/projection/library_fixture.h"

namespace refold::engine {
namespace {

using namespace std::chrono_literals;
using projection::comes_true;
using projection::good;
using projection::LibraryTest;
using ::testing::Not;

/// An engine over a data directory, and what it writes.
class Running : public LibraryTest {
 protected:
  Running() {
    recorder.reset();
    config.data = data;
    config.http.listen = "127.0.0.1:0";
    config.limits.map_bytes = std::size_t{1} << 30;
    config.logging.level = Level::debug;
  }
  ~Running() override { engine.reset(); }

  void start() {
    engine = good(Engine::start(config, logging, {refold::testing::runner}));
    settle();
  }
  void settle() {
    ASSERT_TRUE(comes_true([&] { return engine->keeper().settled(); }));
  }
  void reload() {
    engine->reload(config);
    settle();
  }
  ProjectionConfig& add(const std::string& name, const std::string& plugin) {
    config.projections.push_back({name, library(plugin)});
    return config.projections.back();
  }
  void append(std::uint64_t number, const std::string& rkey = "r") {
    good(engine->recorder().record(
        refold::testing::batch_of({refold::testing::create("alice", rkey, number + 1, "x")})));
  }
  log::Seq position(const std::string& name) {
    return good(good(engine->projections().find(name))->status()).current()->progress.seq;
  }
  bool says(const std::string& text) {
    return comes_true([&] { return content_of(folder / "lines").find(text) != std::string::npos; });
  }

  Config config;
  Descriptor lines{::open((folder / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  Logging logging{LoggingConfig{Level::debug}, lines.get()};
  std::unique_ptr<Engine> engine;
};

TEST_F(Running, FoldsTheProjectionsOfItsConfiguration) {
  add("posts", "counts");
  start();
  for (std::uint64_t at = 1; at <= 3; ++at) append(at, "r" + std::to_string(at));
  EXPECT_TRUE(comes_true([&] { return position("posts") == 3; }));
  EXPECT_TRUE(says("'posts' is loaded (counts 1.0.0)"));
}

TEST_F(Running, GoesOnAfterARestartWithWhatItHad) {
  add("posts", "counts");
  start();
  append(1);
  ASSERT_TRUE(comes_true([&] { return position("posts") == 1; }));
  engine.reset();
  start();
  EXPECT_EQ(engine->projections().names(), std::vector<std::string>{"posts"});
  EXPECT_EQ(position("posts"), 1U);
}

TEST_F(Running, APluginThatCannotBeLoadedCostsALineAndNothingElse) {
  config.projections.push_back({"gone", folder / "none.so"});
  add("posts", "counts");
  start();
  EXPECT_TRUE(says("gone: what the configuration says of it cannot be had: cannot open"));
  EXPECT_EQ(engine->projections().names(), std::vector<std::string>{"posts"});
}

TEST_F(Running, APluginFileThatIsGoneLeavesWhatWasLoadedFromIt) {
  add("posts", "counts");
  start();
  engine.reset();
  std::filesystem::remove(library("counts"));
  start();
  append(1);
  EXPECT_TRUE(comes_true([&] { return position("posts") == 1; }));
}

TEST_F(Running, AReloadLoadsWhatWasAddedAndUpgradesWhatWasChanged) {
  add("posts", "counts");
  start();
  add("others", "counts");
  config.projections[0].plugin = library("counts-again");
  config.logging.level = Level::trace;
  config.http.listen = "127.0.0.1:1";
  reload();
  EXPECT_TRUE(says("configuration: projection.others: added"));
  EXPECT_TRUE(says("'others' is loaded"));
  EXPECT_TRUE(says("generation 1 of 'posts' goes on with"));
  EXPECT_TRUE(says("http.listen: \"127.0.0.1:0\" -> \"127.0.0.1:1\" (at the next start"));
  EXPECT_EQ(engine->config().http.listen, "127.0.0.1:0");
  EXPECT_EQ(engine->config().logging.level, Level::trace);
}

/// The fold of the code that answers for a projection.
std::uint64_t fold_of(Engine& engine, const std::string& name) {
  const auto record = good(engine.projections().find(name))->record();
  return record.find(record.current)->code.fold;
}

TEST_F(Running, WhatCommandsHaveMadeOfAProjectionHoldsUntilItsEntryIsAnotherOne) {
  add("posts", "counts");
  start();
  append(1);
  config.projections[0].plugin = library("counts-other-fold");
  reload();
  ASSERT_TRUE(comes_true([&] { return fold_of(*engine, "posts") == 2; }));
  good(good(engine->projections().find("posts"))->rollback());
  ASSERT_TRUE(comes_true([&] { return fold_of(*engine, "posts") == 1; }));
  config.logging.level = Level::trace;
  reload();
  EXPECT_EQ(fold_of(*engine, "posts"), 1U);
  engine.reset();
  start();
  EXPECT_EQ(fold_of(*engine, "posts"), 1U);
  EXPECT_TRUE(says("posts: its entry is the one that was brought about before"));
  config.projections[0].options = {{"x", "1"}};
  reload();
  EXPECT_TRUE(says("what the configuration says of it cannot be had"));
}

TEST_F(Running, APluginFileThatIsReplacedIsTakenUpThoughItsEntryIsTheSame) {
  const auto file = folder / "posts.so";
  std::filesystem::copy_file(library("counts"), file);
  config.projections.push_back({"posts", file});
  start();
  append(1);
  std::filesystem::remove(file);
  std::filesystem::copy_file(library("counts-other-fold"), file);
  reload();
  EXPECT_TRUE(comes_true([&] { return fold_of(*engine, "posts") == 2; }));
}

TEST_F(Running, AnotherProjectionOfThePluginIsNotHadUnderTheSameName) {
  add("posts", "counts");
  start();
  config.projections[0].projection = "others";
  reload();
  EXPECT_TRUE(says("and cannot become 'others': give that another name"));
}

TEST_F(Running, AutoIsAProcessForWhatDidNotComeWithRefoldWhereverItRanBefore) {
  add("posts", "counts").isolation = projection::RunsIn::thread;
  start();
  const auto runs_in = [&] {
    const auto record = good(engine->projections().find("posts"))->record();
    return record.find(record.current)->code.runs_in;
  };
  ASSERT_EQ(runs_in(), projection::RunsIn::thread);
  config.projections[0].isolation.reset();
  reload();
  EXPECT_TRUE(comes_true([&] { return runs_in() == projection::RunsIn::process; }));
}

TEST_F(Running, AReloadWithoutAProjectionRemovesNothing) {
  add("posts", "counts");
  start();
  config.projections.clear();
  reload();
  EXPECT_TRUE(says("it goes on until 'refold plugin unload' removes it and its rows (nothing is"));
  append(1);
  EXPECT_TRUE(comes_true([&] { return position("posts") == 1; }));
}

TEST_F(Running, StopsInOrderWithEverythingOnTheDisk) {
  add("posts", "counts");
  start();
  append(1);
  EXPECT_EQ(engine->stop([] { return false; }), std::nullopt);
  const std::string said = content_of(folder / "lines");
  const auto at = [&](const std::string& part) { return said.find("stopping the " + part); };
  EXPECT_LT(said.find("stopping recording"), at("keeper"));
  EXPECT_LT(at("keeper"), at("projections"));
  EXPECT_LT(at("projections"), at("log"));
  const auto log = good(log::WitnessLog::open_writer(data));
  EXPECT_EQ(good(log->last()), 1U);
}

TEST_F(Running, SaysWhoHasTheLog) {
  const auto log = good(log::WitnessLog::open_writer(data));
  const auto second = Engine::start(config, logging, {refold::testing::runner});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::busy);
}

class Keeper : public Running {};

TEST_F(Keeper, SaysThatAProjectionHasFailedAndWhy) {
  add("beans", "apply-fails");
  start();
  append(1, "boom");
  EXPECT_TRUE(says("error   projection: beans is now failed: at seq 1: "));
}

TEST_F(Keeper, TriesAgainWhatIsToBeTriedAgain) {
  start();
  ProjectionKeeper quick(engine->projections(), engine->recorder(), logging, {5ms, 10ms, 40ms});
  ProjectionConfig again{"again", library("apply-fails")};
  again.on_failure = OnFailure::retry;
  quick.configure({again, {"once", library("apply-fails")}});
  ASSERT_TRUE(comes_true([&] { return quick.settled(); }));
  append(1, "boom");
  EXPECT_TRUE(says("again is tried again"));
  EXPECT_TRUE(says("once is now failed"));
  EXPECT_THAT(content_of(folder / "lines"), Not(HasSubstr("once is tried again")));
}

}  // namespace
}  // namespace refold::engine
