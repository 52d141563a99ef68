#include "core/projection/projections.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/cli/projections.h"

namespace refold::cli {
namespace {

using Text = std::string_view;

/// By then a plugin that is slow, or hangs, has begun with the events.
constexpr std::chrono::seconds begun_time{1};

class ProjectionCommand : public WithProjections {};

TEST_F(ProjectionCommand, ListAndShowSayWhatThereIs) {
  given_posts(3);
  EXPECT_EQ(projection({"list"}).out, "no projections; refold plugin load LIBRARY adds one\n");
  loaded("counts");
  given_posts(2, 4);
  const Finished list = projection({"list"});
  EXPECT_THAT(list.out, StartsWith("name    state  gen  seq  lag"));
  EXPECT_THAT(list.out, HasSubstr("\ncounts  live     1    3  2 events, "));
  const Finished show = projection({"show", "counts"});
  EXPECT_EQ(show.status, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("state       live\n"));
  EXPECT_THAT(show.out, HasSubstr("plugin      counts 1.0.0, fold 1\n"));
  EXPECT_THAT(show.out, HasSubstr("library     plugins/counts-"));
  EXPECT_THAT(show.out, HasSubstr("position    3 of 5\n"));
  EXPECT_THAT(show.out, HasSubstr("rows        1\n"));
}

TEST_F(ProjectionCommand, ListAndShowSayItInJson) {
  given_posts(3);
  EXPECT_EQ(projection({"list", "--json"}).out, "[]\n");
  loaded("counts");
  given_posts(2, 4);
  const auto all = json(projection({"list", "--json"}));
  ASSERT_EQ(all.get_array().size(), 1U);
  const auto one = all.at(0);
  EXPECT_EQ(Text(one["projection"]), "counts");
  EXPECT_EQ(Text(one["state"]), "live");
  EXPECT_EQ(std::uint64_t(one["generation"]), 1U);
  EXPECT_EQ(std::uint64_t(one["log_last"]), 5U);
  EXPECT_FALSE(bool(one["paused"]));
  const auto generation = one["generations"].at(0);
  EXPECT_EQ(Text(generation["state"]), "live");
  EXPECT_EQ(Text(generation["plugin"]), "counts");
  EXPECT_EQ(std::uint64_t(generation["fold"]), 1U);
  EXPECT_THAT(std::string(Text(generation["library"])), StartsWith("plugins/counts-"));
  EXPECT_EQ(std::uint64_t(generation["seq"]), 3U);
  EXPECT_EQ(std::uint64_t(generation["lag_events"]), 2U);
  EXPECT_GT(double(generation["lag_seconds"]), 0.0);
  EXPECT_EQ(std::uint64_t(generation["rows"]), 1U);
  EXPECT_EQ(Text(generation["tables"].at(0)["name"]), "counts");
  EXPECT_EQ(Text(generation["tables"].at(0)["digest"]).size(), 32U);
  EXPECT_TRUE(generation["failure"].is_null());
  EXPECT_TRUE(generation["refused"].is_null());
}

TEST_F(ProjectionCommand, ListAndShowTellOfAViewThatIsNotOfThisLog) {
  given_posts(3);
  loaded("counts");
  std::filesystem::copy(data() + "/log", folder_ / "older",
                        std::filesystem::copy_options::recursive);
  given_posts(2, 4);
  ASSERT_EQ(projection({"wait", "counts"}).status, 0);
  std::filesystem::remove_all(data() + "/log");
  std::filesystem::rename(folder_ / "older", data() + "/log");
  EXPECT_THAT(projection({"list"}).out, HasSubstr("\ncounts  refused    1    5  -"));
  EXPECT_THAT(projection({"show", "counts"}).out,
              HasSubstr("refused     generation 1 of 'counts' is at seq 5, but the log ends at 3"));
}

TEST_F(ProjectionCommand, TheTablesOfTheHostAreNotShown) {
  given(post("one") + lines_.account(alice, true));
  ASSERT_EQ(plugin({"load", shipped("records")}).status, 0);
  EXPECT_THAT(projection({"show", "records"}).out,
              HasSubstr("rows        3 (records 1, counts 1, collections 1)\n"));
  EXPECT_EQ(shown("records")["generations"].at(0)["tables"].get_array().size(), 3U);
  const Finished slice = projection({"replay", "records", "--dids", bob});
  EXPECT_EQ(slice.status, 0) << slice.err;
  EXPECT_THAT(projection({"diff", "records"}).out, Not(HasSubstr("$accounts")));
  EXPECT_THAT(projection({"diff", "records", "--json"}).out, Not(HasSubstr("$accounts")));
}

TEST_F(ProjectionCommand, UnknownNamesListThoseThatThereAre) {
  given_posts(3);
  EXPECT_THAT(projection({"show", "likes"}).err,
              HasSubstr("there is no projection \"likes\"; there are none"));
  loaded("counts");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"show", "likes"},
                                                {"pause", "likes"},
                                                {"replay", "likes"},
                                                {"skip", "likes", "3"},
                                                {"rows", "likes", "counts"}}) {
    const Finished found = projection(words);
    EXPECT_EQ(found.status, 1) << words[0];
    EXPECT_EQ(found.err, "refold: there is no projection \"likes\"; there is counts\n");
  }
  EXPECT_THAT(plugin({"unload", "likes"}).err, HasSubstr("there is counts"));
  EXPECT_THAT(query({"counts", "top"}).err, HasSubstr("has no query 'top', but count"));
  EXPECT_THAT(projection({"rows", "counts", "likes"}).err,
              HasSubstr("has no table 'likes', but counts"));
  EXPECT_THAT(plugin({"load", library("counts"), "--projection", "likes", "--name", "x"}).err,
              HasSubstr("offers no projection 'likes', but counts"));
}

TEST_F(ProjectionCommand, WithoutALogTheyMakeNone) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"projection", "list"},
                                                {"projection", "pause", "likes"},
                                                {"plugin", "list"},
                                                {"query", "likes", "top"}}) {
    const Finished found = refold(words);
    EXPECT_EQ(found.status, 1);
    EXPECT_THAT(found.err, HasSubstr("there is no log in "));
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(ProjectionCommand, APausedOneFoldsNothingAndAnswersFromWhereItStands) {
  given_posts(3);
  loaded("counts");
  EXPECT_EQ(projection({"pause", "counts"}).out, "'counts' is paused\n");
  EXPECT_EQ(projection({"pause", "counts"}).out, "'counts' is paused already\n");
  given_posts(2, 4);
  const Finished asked = query({"counts", "count", "collection=app.bsky.feed.post"});
  EXPECT_EQ(asked.status, 0);
  EXPECT_EQ(asked.out, "{\"count\":3}\n");
  EXPECT_THAT(asked.err, HasSubstr("refold: this is as of seq 3 of 5\n"
                                   "        'counts' is paused: refold projection resume counts"));
  EXPECT_THAT(projection({"wait", "counts"}).err, HasSubstr("'counts' is paused"));
  EXPECT_EQ(position("counts"), 3U);
  const Finished resumed = projection({"resume", "counts"});
  EXPECT_THAT(resumed.out, HasSubstr("generation 1 of 'counts' is live at seq 5: 1 row; 2 events"));
  EXPECT_EQ(counted("counts"), "{\"count\":5}\n");
}

TEST_F(ProjectionCommand, ACommandAboutOneProjectionHasNoOtherFold) {
  given_posts(3);
  loaded("counts");
  loaded("keeps");
  given_posts(2, 4);
  EXPECT_EQ(position("counts"), 3U);
  EXPECT_EQ(counted("counts"), "{\"count\":5}\n");
  EXPECT_EQ(position("counts"), 5U);
  EXPECT_EQ(position("keeps"), 3U);
  for (const std::string command : {"pause", "cancel", "prune"}) {
    EXPECT_EQ(projection({command, "keeps"}).status, 0) << command;
    EXPECT_EQ(position("keeps"), 3U) << command;
  }
}

TEST_F(ProjectionCommand, AReplayTakesThePlaceOfWhatWasThereAndCanBeTakenBack) {
  given_posts(3);
  loaded("counts");
  const Finished replayed = projection({"replay", "counts"});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("generation 2 of 'counts' is being built; "));
  EXPECT_THAT(replayed.out, HasSubstr("\ngeneration 2 of 'counts' is live at seq 3: 1 row; "));
  EXPECT_THAT(projection({"list"}).out, HasSubstr("1 retired"));
  EXPECT_THAT(projection({"rollback", "counts"}).out,
              StartsWith("generation 1 of 'counts' is current again\n"));
  EXPECT_THAT(projection({"prune", "counts"}).out, HasSubstr("1 generation of 'counts' deleted"));
  EXPECT_EQ(projection({"rollback", "counts"}).status, 1);
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(ProjectionCommand, WhatIsHeldBackIsComparedAndPromoted) {
  given_posts(3);
  loaded("counts");
  const Finished held = plugin({"upgrade", "counts", library("counts-other-fold"), "--hold"});
  EXPECT_EQ(held.status, 0) << held.err;
  EXPECT_THAT(held.out, HasSubstr("generation 2 of 'counts' is ready at seq 3: 1 row"));
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
  EXPECT_EQ(counted("counts", {"--generation", "2"}), "{\"count\":6}\n");
  EXPECT_EQ(projection({"diff", "counts"}).out,
            "generation 2 at seq 3, against generation 1 at seq 3\n"
            "counts  0 rows added, 0 removed, 1 changed\n"
            "- counts {\"key\":\"app.bsky.feed.post\",\"row\":3}\n"
            "+ counts {\"key\":\"app.bsky.feed.post\",\"row\":6}\n");
  const auto diff = json(projection({"diff", "counts", "--json"}));
  EXPECT_FALSE(bool(diff["equal"]));
  EXPECT_EQ(std::uint64_t(diff["after"]["generation"]), 2U);
  EXPECT_EQ(std::uint64_t(diff["tables"].at(0)["changed"]), 1U);
  EXPECT_EQ(std::uint64_t(diff["samples"].at(0)["after"]["row"]), 6U);
  given_posts(2, 4);
  EXPECT_EQ(projection({"promote", "counts"}).out, "generation 2 of 'counts' is current\n");
  EXPECT_EQ(position("counts"), 5U);
  EXPECT_EQ(counted("counts"), "{\"count\":10}\n");
  EXPECT_THAT(projection({"promote", "counts"}).out, HasSubstr("none is ready to follow it"));
}

TEST_F(ProjectionCommand, WhatIsHeldBackCanBeGivenUp) {
  given_posts(3);
  loaded("counts");
  const Finished held = projection({"replay", "counts", "--hold"});
  EXPECT_THAT(held.out, HasSubstr("what is different: refold projection diff counts\n"));
  EXPECT_THAT(projection({"diff", "counts"}).out, HasSubstr(": no difference\n"));
  EXPECT_EQ(projection({"cancel", "counts"}).out, "generation 2 of 'counts' is gone\n");
  EXPECT_THAT(projection({"cancel", "counts"}).out,
              HasSubstr("nothing of 'counts' is being built"));
  EXPECT_EQ(shown("counts")["generations"].get_array().size(), 1U);
}

TEST_F(ProjectionCommand, ASliceIsBuiltBesideToBeLookedAt) {
  given_posts(3);
  lines_.collection = "app.bsky.feed.like";
  given(lines_.create(bob, "like1", R"({"n":1})") + lines_.create(alice, "like2", R"({"n":2})"));
  loaded("counts");
  const Finished built =
      projection({"replay", "counts", "--dids", alice, "--collections", "app.bsky.feed.like"});
  EXPECT_EQ(built.status, 0) << built.err;
  EXPECT_THAT(built.out, HasSubstr("generation 2 of 'counts' is detached at seq 5: 1 row"));
  EXPECT_EQ(projection({"rows", "counts", "counts", "--generation", "2"}).out,
            "{\"key\":\"app.bsky.feed.like\",\"row\":1}\n");
  EXPECT_EQ(projection({"rows", "counts", "counts"}).out,
            "{\"key\":\"app.bsky.feed.like\",\"row\":2}\n"
            "{\"key\":\"app.bsky.feed.post\",\"row\":3}\n");
  EXPECT_THAT(projection({"show", "counts"}).out, HasSubstr("of a slice"));
}

TEST_F(ProjectionCommand, ASliceThatIsUnfinishedGoesOnWithTheSameCommand) {
  given_posts(3);
  loaded("counts");
  ASSERT_EQ(projection({"pause", "counts"}).status, 0);
  EXPECT_THAT(projection({"replay", "counts", "--dids", alice}).out, HasSubstr("generation 2 of"));
  EXPECT_EQ(projection({"replay", "counts", "--dids", alice}).out,
            "generation 2 of 'counts' is being built already, and goes on\n");
  EXPECT_THAT(projection({"replay", "counts", "--dids", bob}).out, HasSubstr("generation 3 of"));
  EXPECT_EQ(projection({"resume", "counts"}).status, 0);
  EXPECT_THAT(projection({"replay", "counts", "--dids", alice}).out, HasSubstr("generation 4 of"));
}

TEST_F(ProjectionCommand, AResetEmptiesItAndBuildsItInPlace) {
  given_posts(3);
  loaded("counts");
  const Finished emptied = projection({"reset", "counts"});
  EXPECT_THAT(emptied.out, HasSubstr("generation 1 of 'counts' is gone; generation 2 of"));
  EXPECT_THAT(emptied.out, HasSubstr("generation 2 of 'counts' is live at seq 3"));
  EXPECT_EQ(shown("counts")["generations"].get_array().size(), 1U);
}

TEST_F(ProjectionCommand, WhatHasWorkToDoSaysInJsonHowFarItCame) {
  given_posts(3);
  loaded("counts");
  const auto done = json(projection({"replay", "counts", "--json"}));
  EXPECT_TRUE(bool(done["changed"]));
  EXPECT_THAT(std::string(Text(done["said"])), HasSubstr("generation 2"));
  EXPECT_EQ(Text(done["projection"]), "counts");
  EXPECT_EQ(Text(done["state"]), "live");
  EXPECT_EQ(std::uint64_t(done["generation"]), 2U);
  EXPECT_EQ(Text(done["generation_state"]), "live");
  EXPECT_EQ(std::uint64_t(done["seq"]), 3U);
  EXPECT_EQ(std::uint64_t(done["rows"]), 1U);
  EXPECT_EQ(std::uint64_t(done["events"]), 3U);
  EXPECT_GT(double(done["seconds"]), 0.0);
  EXPECT_FALSE(bool(json(projection({"wait", "counts", "--json"}))["changed"]));
  const auto paused = json(projection({"pause", "counts", "--json"}));
  EXPECT_TRUE(bool(paused["changed"]));
  EXPECT_EQ(Text(paused["said"]), "'counts' is paused");
}

TEST_F(ProjectionCommand, AFailureIsASentenceWithWhatHelps) {
  given(post("one") + post("boom") + post("two"));
  const Finished failed = plugin({"load", library("apply-fails")});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err,
              HasSubstr("refold: generation 1 of 'apply-fails' has failed at seq 2 (at://" +
                        std::string(alice) + "/app.bsky.feed.post/boom): "));
  EXPECT_THAT(failed.err, HasSubstr("this bean is not mine"));
  EXPECT_THAT(failed.err, HasSubstr("refold projection skip apply-fails 2\n"));
  EXPECT_EQ(Text(shown("apply-fails")["state"]), "failed");
  EXPECT_EQ(std::uint64_t(shown("apply-fails")["generations"].at(0)["failure"]["seq"]), 2U);
  EXPECT_THAT(projection({"show", "apply-fails"}).out, HasSubstr("failed      at seq 2, at://"));
  const Finished asked = query({"apply-fails", "count", "collection=app.bsky.feed.post"});
  EXPECT_EQ(asked.out, "{\"count\":1}\n");
  EXPECT_THAT(asked.err, HasSubstr("this is as of seq 1 of 3"));
  EXPECT_THAT(projection({"wait", "apply-fails"}).err, HasSubstr("has failed at seq 2"));
}

TEST_F(ProjectionCommand, WhatHasFailedBeforeIsAnErrorOfEveryCommandThatStays) {
  given(post("one") + post("boom") + post("two"));
  const std::string file = library("apply-fails");
  ASSERT_EQ(plugin({"load", file}).status, 1);
  const Finished again = plugin({"load", file});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("generation 1 of 'apply-fails' has failed at seq 2"));
  EXPECT_EQ(plugin({"load", file, "--json"}).status, 1);
  ASSERT_EQ(projection({"pause", "apply-fails"}).status, 0);
  EXPECT_THAT(projection({"resume", "apply-fails"}).err, HasSubstr("has failed at seq 2"));
}

TEST_F(ProjectionCommand, ARetryTriesAgainAndASkipPassesOver) {
  given(post("one") + post("boom") + post("two"));
  ASSERT_EQ(plugin({"load", library("apply-fails")}).status, 1);
  const Finished again = projection({"retry", "apply-fails"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("has failed at seq 2"));
  EXPECT_THAT(projection({"skip", "apply-fails", "3"}).err,
              HasSubstr("only the event that it failed at can be skipped"));
  const Finished skipped = projection({"skip", "apply-fails", "2"});
  EXPECT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("passes over event 2, and is incomplete until"));
  EXPECT_THAT(skipped.out, HasSubstr("is live at seq 3: 1 row"));
  EXPECT_THAT(projection({"show", "apply-fails"}).out, HasSubstr("incomplete  1 event skipped"));
  EXPECT_EQ(std::uint64_t(shown("apply-fails")["generations"].at(0)["skipped"].at(0)), 2U);
}

TEST_F(ProjectionCommand, VerifyComparesEveryRowWithARebuild) {
  given_posts(3);
  loaded("counts");
  EXPECT_EQ(projection({"verify", "counts"}).out, "1 row at seq 3 as in a rebuild: ok\n");
  const auto report = json(projection({"verify", "counts", "--json"}));
  EXPECT_TRUE(bool(report["equal"]));
  EXPECT_EQ(std::uint64_t(report["rows"]), 1U);
}

TEST_F(ProjectionCommand, VerifyNamesTheRowThatDiffersAndItsEvent) {
  given(post("one") + post("boom") + post("two"));
  loaded("non-deterministic");
  const Finished found = projection({"verify", "non-deterministic", "--json"});
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.err,
              HasSubstr("refold: table 'counts', key \"now\": the view has another row"));
  EXPECT_THAT(found.err, HasSubstr("To build it anew: refold projection replay"));
  const auto report = json(found);
  EXPECT_FALSE(bool(report["equal"]));
  EXPECT_FALSE(bool(report["repeatable"]));
  EXPECT_EQ(Text(report["table"]), "counts");
  EXPECT_EQ(Text(report["key"]), "6e6f77");
  EXPECT_EQ(std::uint64_t(report["event"]), 2U);
}

TEST_F(ProjectionCommand, WaitReturnsWhenAnEventThatIsStillToComeIsApplied) {
  given_posts(3);
  loaded("counts");
  Running waiting(folder_, with_data({"projection", "wait", "counts", "--seq", "5"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(waiting.out(), "");
  file("more.jsonl", post("a") + post("b"));
  EXPECT_EQ(shell(binary + " import " + (folder_ / "more.jsonl").string() + " --data " + data() +
                  " >/dev/null 2>&1")
                .status,
            0);
  EXPECT_EQ(waiting.finish().status, 0);
  EXPECT_EQ(position("counts"), 5U);
}

TEST_F(ProjectionCommand, WaitGivesUpAfterItsTime) {
  given_posts(3);
  loaded("counts");
  const Finished late = projection({"wait", "counts", "--seq", "4", "--timeout", "1"});
  EXPECT_EQ(late.status, 1);
  EXPECT_THAT(late.err, HasSubstr("'counts' is at seq 3, not at 4 yet"));
}

TEST_F(ProjectionCommand, OneProcessAtATimeAndTheOthersAreToldWhich) {
  given_posts(3);
  loaded("counts");
  {
    const auto log = refold::log::WitnessLog::open_reader(data()).value();
    const auto held = projection::Projections::open(*log, {}).value();
    const std::string pid = "pid " + std::to_string(::getpid());
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"projection", "pause", "counts"},
          {"projection", "verify", "counts"},
          {"plugin", "unload", "counts"},
          {"query", "counts", "count", "collection=x.y.z"},
          {"log", "redact", alice, "--yes"}}) {
      const Finished busy = refold(words);
      EXPECT_EQ(busy.status, 1) << words[1];
      EXPECT_THAT(busy.err, HasSubstr("another process holds it")) << words[1];
      EXPECT_THAT(busy.err, HasSubstr(pid)) << words[1];
    }
    EXPECT_THAT(projection({"list"}).out, HasSubstr("\ncounts  live"));
    EXPECT_EQ(projection({"show", "counts"}).status, 0);
    EXPECT_THAT(plugin({"list"}).out, HasSubstr("counts 1.0.0"));
  }
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(ProjectionCommand, APluginThatNeverReturnsIsToldOfAndEndedByASecondInterruption) {
  given(post("boom"));
  Running load(folder_, with_data({"plugin", "load", library("apply-hangs")}));
  ASSERT_TRUE(load.prints("is loaded"));
  std::this_thread::sleep_for(begun_time);
  load.signal(SIGINT);
  EXPECT_TRUE(load.complains("A second Ctrl-C"));
  load.signal(SIGINT);
  const Finished ended = load.finish();
  EXPECT_NE(ended.status, 0);
  EXPECT_THAT(ended.err, HasSubstr("waiting for 'apply-hangs' to stop at the end of a batch\n"));
  EXPECT_THAT(ended.err, HasSubstr("A second Ctrl-C ends this command at once"));
}

TEST_F(ProjectionCommand, AReplayThatIsInterruptedGoesOnWithTheNextCommand) {
  given_posts(4000);
  loaded("slow");
  Running replay(folder_, with_data({"projection", "replay", "slow"}));
  ASSERT_TRUE(replay.prints("is being built"));
  std::this_thread::sleep_for(begun_time);
  replay.signal(SIGINT);
  const Finished stopped = replay.finish();
  EXPECT_EQ(stopped.status, 130);
  EXPECT_THAT(stopped.err, HasSubstr("refold: interrupted: generation 2 of 'slow' is at seq "));
  EXPECT_THAT(stopped.err, HasSubstr("To go on: refold projection wait slow"));
  const auto left = shown("slow");
  EXPECT_EQ(std::uint64_t(left["generation"]), 1U);
  EXPECT_EQ(Text(left["generations"].at(1)["state"]), "building");
  const std::uint64_t seq(left["generations"].at(1)["seq"]);
  EXPECT_GT(seq, 0U);
  EXPECT_LT(seq, 4000U);
  EXPECT_THAT(stopped.err, HasSubstr("at seq " + std::to_string(seq) + " of 4000"));
  const auto done = json(projection({"replay", "slow", "--json"}));
  EXPECT_THAT(std::string(Text(done["said"])), HasSubstr("is being built already, and goes on"));
  EXPECT_EQ(std::uint64_t(done["generation"]), 2U);
  EXPECT_EQ(Text(done["generation_state"]), "live");
  EXPECT_EQ(std::uint64_t(done["events"]), 4000U - seq);
  EXPECT_EQ(counted("slow"), "{\"count\":4000}\n");
}

TEST_F(ProjectionCommand, ARollbackThatIsUnfinishedIsNoReplay) {
  given_posts(3);
  loaded("counts");
  ASSERT_EQ(projection({"replay", "counts"}).status, 0);
  given_posts(10'001, 4);
  ASSERT_EQ(projection({"wait", "counts"}).status, 0);
  ASSERT_EQ(projection({"pause", "counts"}).status, 0);
  EXPECT_THAT(projection({"rollback", "counts"}).out, HasSubstr("1 of 'counts' catches up"));
  EXPECT_THAT(projection({"replay", "counts"}).err,
              HasSubstr("'counts' is being rolled back: generation 1 is at seq 3 of 10004"));
}

TEST_F(ProjectionCommand, ALoadThatIsInterruptedGoesOnWithTheSameCommandOrWithReplay) {
  given_posts(4000);
  const std::string plugin_file = library("slow");
  Running load(folder_, with_data({"plugin", "load", plugin_file}));
  ASSERT_TRUE(load.prints("is loaded"));
  std::this_thread::sleep_for(begun_time);
  load.signal(SIGINT);
  EXPECT_EQ(load.finish().status, 130);
  EXPECT_EQ(Text(shown("slow")["state"]), "building");
  EXPECT_THAT(projection({"replay", "slow", "--hold"}).err,
              AllOf(HasSubstr("'slow' is being replayed already: generation 1 is at seq "),
                    EndsWith("(building); wait for it\n")));
  const auto done = json(projection({"replay", "slow", "--json"}));
  EXPECT_EQ(Text(done["said"]), "generation 1 of 'slow' is being built already, and goes on");
  EXPECT_EQ(std::uint64_t(done["seq"]), 4000U);
  EXPECT_THAT(plugin({"load", plugin_file}).out, StartsWith("'slow' is loaded already\n"));
}

TEST_F(ProjectionCommand, OnATerminalItShowsHowFarItIs) {
  given_posts(4000);
  const std::string shown = shown_on_terminal(with_data({"plugin", "load", library("slow")}));
  EXPECT_THAT(shown, HasSubstr("\r\x1b[Kslow  ["));
  EXPECT_THAT(shown, HasSubstr(" events  "));
  EXPECT_THAT(shown, HasSubstr("/s"));
}

TEST_F(ProjectionCommand, OnATerminalThereAreColoursAndAnswersAreSpread) {
  given_posts(3);
  loaded("counts");
  EXPECT_THAT(shown_on_terminal(with_data({"projection", "list"})), HasSubstr("\x1b[32mlive"));
  const std::vector<std::string> words = {"query", "counts", "count", "collection=a.b.c"};
  EXPECT_THAT(shown_on_terminal(with_data(words)), HasSubstr("\"count\"\x1b[0m: 0"));
  EXPECT_EQ(refold(words).out, "{\"count\":0}\n");
}

TEST_F(ProjectionCommand, ARedactionHasTheProjectionsTakeItBackFirst) {
  given_posts(3);
  loaded("keeps");
  given_posts(2, 4);
  const Finished erased = log({"redact", alice, "app.bsky.feed.post", "post2", "--yes", "--json"});
  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_EQ(erased.out, "{\"erased\":1,\"tombstones\":1,\"behind\":[]}\n");
  EXPECT_EQ(position("keeps"), 6U);
  const Finished rows = projection({"rows", "keeps", "counts"});
  EXPECT_EQ(rows.status, 0) << rows.err;
  EXPECT_THAT(rows.out, AllOf(HasSubstr("post1"), HasSubstr("post5"), Not(HasSubstr("post2"))));
  given_posts(1, 6);
  EXPECT_EQ(projection({"verify", "keeps"}).status, 0);
  const Finished waited = projection({"wait", "keeps"});
  EXPECT_EQ(waited.status, 0) << waited.err;
}

TEST_F(ProjectionCommand, AReplayAndAPruneLeaveNothingOfWhatWasRedacted) {
  const std::string word = "plughandxyzzy";
  given(post("one") + lines_.create(alice, "secret", R"({"text":")" + word + "\"}") + post("two"));
  const auto files_with_it = [&] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(word) != bytes.npos) found.push_back(entry.path().string());
    }
    return found;
  };
  ASSERT_EQ(plugin({"load", shipped("records")}).status, 0);
  EXPECT_EQ(files_with_it().size(), 2U) << "the log's and the view's";
  const Finished erased = log({"redact", alice, "app.bsky.feed.post", "secret", "--yes"});
  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_THAT(erased.out, HasSubstr("\nfiles of projections may still hold bytes of it, until "
                                    "each is replayed and pruned:\n"
                                    "refold projection replay records\n"
                                    "refold projection prune records\n"));
  EXPECT_EQ(projection({"replay", "records"}).status, 0);
  EXPECT_EQ(projection({"prune", "records"}).status, 0);
  EXPECT_THAT(files_with_it(), ::testing::IsEmpty());
}

TEST_F(ProjectionCommand, ARedactionNamesTheProjectionsThatStandStill) {
  given_posts(3);
  loaded("keeps");
  ASSERT_EQ(projection({"pause", "keeps"}).status, 0);
  const Finished erased = log({"redact", alice, "--yes"});
  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_THAT(erased.err, HasSubstr("generation 1 of 'keeps' has not taken it back"));
  const Finished resumed = projection({"resume", "keeps"});
  EXPECT_EQ(resumed.status, 1);
  EXPECT_THAT(resumed.err, HasSubstr("refold projection replay keeps"));
  EXPECT_EQ(projection({"replay", "keeps"}).status, 0);
}

TEST_F(ProjectionCommand, AnImportLeavesProjectionsWhereTheyAre) {
  given_posts(3);
  loaded("counts");
  given_posts(2, 4);
  EXPECT_EQ(position("counts"), 3U);
}

}  // namespace
}  // namespace refold::cli
