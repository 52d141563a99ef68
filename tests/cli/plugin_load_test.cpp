#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "tests/cli/projections.h"

namespace refold::cli {
namespace {

using Text = std::string_view;

class PluginLoad : public WithProjections {};

TEST_F(PluginLoad, BuildsTheProjectionFromTheLogAndSaysHowFarItCame) {
  given_posts(3);
  const Finished done = plugin({"load", library("counts")});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out,
              MatchesRegex("'counts' is loaded \\(counts 1\\.0\\.0\\), and is being built from the "
                           "log\ngeneration 1 of 'counts' is live at seq 3: 1 row; 3 events in "
                           "[0-9.]+ s, [0-9,]+ events/s\n"));
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(PluginLoad, TheSecondTimeItIsLoadedAlready) {
  given_posts(3);
  loaded("counts");
  const Finished again = plugin({"load", library("counts")});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out,
            "'counts' is loaded already\ngeneration 1 of 'counts' is live at seq 3: 1 row\n");
  EXPECT_THAT(plugin({"load", library("counts-other-fold")}).err,
              HasSubstr("there is a projection 'counts' already"));
}

TEST_F(PluginLoad, ItIsKeptWarmFromTheMomentItIsLoadedSo) {
  given_posts(3);
  loaded("counts");
  ASSERT_EQ(projection({"replay", "counts"}).status, 0);
  const Finished again = plugin({"load", library("counts"), "--keep-warm"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, StartsWith("the newest retired generation of 'counts' goes on folding\n"));
  EXPECT_TRUE(bool(shown("counts")["keep_warm"]));
  EXPECT_THAT(plugin({"load", library("counts"), "--keep-warm"}).out,
              StartsWith("'counts' is loaded already\n"));
  EXPECT_EQ(plugin({"load", library("counts")}).status, 0);
  EXPECT_TRUE(bool(shown("counts")["keep_warm"]));
}

TEST_F(PluginLoad, TheSameProjectionMayRunUnderSeveralNames) {
  given_posts(3);
  loaded("counts");
  const Finished second = plugin({"load", library("counts"), "--name", "others", "--keep-warm"});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(counted("others"), "{\"count\":3}\n");
  EXPECT_TRUE(bool(shown("others")["keep_warm"]));
  EXPECT_EQ(plugin({"load", library("counts"), "--name", "No"}).status, 1);
}

TEST_F(PluginLoad, ARefusedOneIsASentenceAndIsRemembered) {
  given_posts(3);
  const Finished refused = plugin({"load", library("start-fails")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("start-fails.so is refused: "));
  EXPECT_THAT(plugin({"list"}).out, HasSubstr("refused  " + (folder_ / "start-fails.so").string()));
  const auto all = json(plugin({"list", "--json"}));
  EXPECT_EQ(all["plugins"].get_array().size(), 0U);
  EXPECT_EQ(Text(all["refusals"].at(0)["sha256"]).size(), 64U);
  EXPECT_EQ(projection({"list", "--json"}).out, "[]\n");
}

TEST_F(PluginLoad, OneThatCrashesIsASentenceAndNotTheEndOfTheProgram) {
  given_posts(3);
  given(post("boom"));
  const Finished crashed = plugin({"load", library("apply-crashes")});
  EXPECT_EQ(crashed.status, 1);
  EXPECT_THAT(crashed.err, HasSubstr("it crashed (SIGSEGV) in apply()"));
  EXPECT_EQ(position("apply-crashes"), 3U);
  EXPECT_THAT(projection({"show", "apply-crashes"}).out, HasSubstr("isolation   process\n"));
}

TEST_F(PluginLoad, WhereItRunsIsKept) {
  given_posts(3);
  const auto isolation = [this] {
    return std::string(Text(shown("counts")["generations"].at(0)["isolation"]));
  };
  EXPECT_EQ(plugin({"load", library("counts"), "--isolation", "sometimes"}).status, 2);
  EXPECT_EQ(plugin({"load", library("counts"), "--isolation", "thread"}).status, 0);
  EXPECT_EQ(isolation(), "thread");
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
  EXPECT_THAT(plugin({"load", library("counts")}).out, StartsWith("'counts' is loaded already"));
  EXPECT_EQ(plugin({"upgrade", "counts", library("counts-again")}).status, 0);
  EXPECT_EQ(isolation(), "thread");
  const Finished moved = plugin({"upgrade", "counts", "--isolation", "process"});
  EXPECT_THAT(moved.out, HasSubstr("generation 2 of 'counts' is live at seq 3"));
  EXPECT_EQ(plugin({"load", library("counts"), "--name", "others"}).status, 0);
  EXPECT_EQ(Text(shown("others")["generations"].at(0)["isolation"]), "process");
}

TEST_F(PluginLoad, AnotherFileThanTheOneThatIsAskedForIsNotLoaded) {
  given_posts(3);
  const std::string zeros(64, '0');
  EXPECT_EQ(plugin({"load", library("counts"), "--sha256", "beans"}).status, 2);
  EXPECT_THAT(plugin({"load", library("counts"), "--sha256", zeros}).err,
              HasSubstr("but " + zeros + " is asked for: it is another file"));
  EXPECT_EQ(projection({"list", "--json"}).out, "[]\n");
  const auto hash = [this](const std::string& name) {
    return hex(sha256(bytes_of(refold::testing::content_of(library(name)))));
  };
  const std::string right = hash("counts");
  EXPECT_EQ(plugin({"load", library("counts"), "--sha256", right}).status, 0);
  EXPECT_THAT(plugin({"upgrade", "counts", library("counts-again"), "--sha256", right}).err,
              HasSubstr("it is another file"));
  EXPECT_EQ(plugin({"upgrade", "counts", library("counts-again"), "--sha256", hash("counts-again")})
                .status,
            0);
}

TEST_F(PluginLoad, OptionsAreGivenAsPairsAndChecked) {
  given_posts(3);
  const std::string file = library("must-give");
  EXPECT_THAT(plugin({"load", file}).err, HasSubstr("option \"agree\" must be given"));
  EXPECT_THAT(plugin({"load", file, "--option", "agree=yes", "--option", "limit=1000"}).err,
              HasSubstr("\"1000\" is not a whole number from 1 to 100"));
  EXPECT_THAT(plugin({"load", file, "--option", "agree=yes", "--option", "colour=red"}).err,
              HasSubstr("there is no option \"colour\"; there are: agree, limit"));
  const Finished usage = plugin({"load", file, "--option", "agree"});
  EXPECT_EQ(usage.status, 2);
  EXPECT_THAT(usage.err, HasSubstr("\"agree\" is not NAME=VALUE"));
  const Finished done = plugin({"load", file, "--option", "agree=yes", "--option", "limit=7"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(projection({"show", "must-give"}).out, HasSubstr("options     agree=yes limit=7\n"));
  const auto options = shown("must-give")["generations"].at(0)["options"];
  EXPECT_EQ(Text(options["limit"]), "7");
}

TEST_F(PluginLoad, AnUpgradeWithTheSameFoldGoesOnWithTheRows) {
  given_posts(3);
  loaded("counts");
  given_posts(1, 4);
  const Finished done = plugin({"upgrade", "counts", library("counts-again")});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, StartsWith("generation 1 of 'counts' goes on with version 1.0.0"));
  EXPECT_EQ(counted("counts"), "{\"count\":4}\n");
  EXPECT_THAT(plugin({"upgrade", "counts", library("counts-again")}).out,
              StartsWith("generation 1 of 'counts' runs version 1.0.0 of 'counts' already"));
}

TEST_F(PluginLoad, AnUpgradeWithAnotherFoldBuildsItAnew) {
  given_posts(3);
  loaded("counts");
  const Finished done = plugin({"upgrade", "counts", library("counts-other-fold")});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("generation 2 of 'counts' is being built by version 1.0.0"));
  EXPECT_THAT(done.out, HasSubstr("generation 2 of 'counts' is live at seq 3"));
  EXPECT_EQ(counted("counts"), "{\"count\":6}\n");
  EXPECT_THAT(projection({"rollback", "counts"}).out, HasSubstr("generation 1"));
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(PluginLoad, AnUpgradeThatMustNotTakeOverIsRefusedAndTheOldCodeGoesOn) {
  given_posts(3);
  loaded("counts");
  EXPECT_EQ(plugin({"upgrade", "counts", library("counts-other-layout")}).status, 1);
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(PluginLoad, ListSaysWhichPluginsThereAreAndWhoUsesThem) {
  given_posts(3);
  EXPECT_EQ(plugin({"list"}).out, "no plugins; refold plugin load LIBRARY adds one\n");
  loaded("counts");
  const Finished list = plugin({"list"});
  EXPECT_THAT(list.out, StartsWith("plugin  counts 1.0.0\nbuild   1\noffers  counts\n"
                                   "runs    counts 1\n"));
  const auto plugin_json = json(plugin({"list", "--json"}))["plugins"].at(0);
  EXPECT_EQ(Text(plugin_json["name"]), "counts");
  EXPECT_EQ(Text(plugin_json["origin"]), (folder_ / "counts.so").string());
  EXPECT_EQ(Text(plugin_json["projections"].at(0)), "counts");
}

TEST_F(PluginLoad, UnloadRemovesTheRowsAndTheCopy) {
  given_posts(3);
  loaded("counts");
  EXPECT_EQ(plugin({"unload", "counts"}).out, "'counts' and all that it had is gone\n");
  EXPECT_EQ(projection({"list", "--json"}).out, "[]\n");
  EXPECT_EQ(json(plugin({"list", "--json"}))["plugins"].get_array().size(), 0U);
  EXPECT_FALSE(std::filesystem::exists(data() + "/projections/counts"));
}

}  // namespace
}  // namespace refold::cli
