#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fixture.h"

namespace refold::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Usage : public Command {
 protected:
  Finished bare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary);
    return Running(folder_, std::move(arguments)).finish();
  }
};

TEST_F(Usage, HelpSaysWhatItIsAndListsTheCommands) {
  const Finished help = bare({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("append-only witness log"));
  EXPECT_THAT(help.out, HasSubstr("import"));
  EXPECT_THAT(help.out, HasSubstr("log"));
  EXPECT_EQ(bare({}).out, help.out);
}

TEST_F(Usage, LogAloneShowsItsCommands) {
  const Finished help = bare({"log"});
  EXPECT_EQ(help.status, 0);
  for (const std::string command :
       {"stat", "tail", "show", "read", "verify", "root", "seal", "reindex", "redact", "cursors"}) {
    EXPECT_THAT(help.out, HasSubstr("  " + command + " ")) << command;
  }
}

TEST_F(Usage, EveryCommandHasAnExampleInItsHelp) {
  EXPECT_THAT(bare({"import", "--help"}).out, HasSubstr("Example:\n  refold import "));
  EXPECT_THAT(bare({"plugin", "check", "--help"}).out,
              HasSubstr("Example:\n  refold plugin check "));
  for (const std::string command :
       {"stat", "tail", "show", "read", "verify", "root", "seal", "reindex", "redact", "cursors"}) {
    const Finished help = bare({"log", command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Example:\n  refold log " + command)) << command;
    EXPECT_THAT(help.out, HasSubstr("--data DIR")) << command;
  }
}

TEST_F(Usage, SoHaveTheCommandsForProjections) {
  for (const std::string command :
       {"list", "show", "wait", "pause", "resume", "replay", "cancel", "reset", "diff", "promote",
        "rollback", "prune", "verify", "retry", "skip", "rows"}) {
    EXPECT_THAT(bare({"projection"}).out, HasSubstr("  " + command + " ")) << command;
    const Finished help = bare({"projection", command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Example:\n  refold projection " + command)) << command;
    EXPECT_THAT(help.out, HasSubstr("--data DIR")) << command;
    EXPECT_THAT(help.out, HasSubstr("--json")) << command;
  }
  for (const std::string command : {"load", "upgrade", "unload", "list"}) {
    EXPECT_THAT(bare({"plugin", command, "--help"}).out,
                HasSubstr("Example:\n  refold plugin " + command));
  }
  EXPECT_THAT(bare({"query", "--help"}).out, HasSubstr("Example:\n  refold query "));
}

TEST_F(Usage, TheVersionNamesTheStorage) {
  const Finished version = bare({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("refold "));
  EXPECT_THAT(version.out, HasSubstr("LMDB 0.9."));
  EXPECT_THAT(version.out, HasSubstr("zstd 1."));
}

TEST_F(Usage, WrongArgumentsEndWithTwoAndPointToTheHelp) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"frobnicate"},
        {"log", "frobnicate"},
        {"log", "show"},
        {"log", "show", "x"},
        {"log", "show", "-1"},
        {"log", "show", "010"},
        {"log", "tail", "-n", "-1"},
        {"log", "read", "--limit", "-1"},
        {"log", "read", "--did", "alice"},
        {"log", "read", "--collection", "app.bsky"},
        {"log", "stat", "--data", ""},
        {"import"},
        {"plugin", "check"},
        {"log", "read", "--limit", "many"},
        {"log", "read", "--from", "yesterday"},
        {"log", "read", "--kind", "like"},
        {"log", "redact", "alice", "--yes"},
        {"projection", "frobnicate"},
        {"projection", "show"},
        {"projection", "skip", "likes"},
        {"projection", "skip", "likes", "-3"},
        {"projection", "wait", "likes", "--seq", "x"},
        {"projection", "replay", "likes", "--hold", "--dids", "did:plc:abc"},
        {"projection", "replay", "likes", "--collections", "app.bsky"},
        {"projection", "rows", "likes"},
        {"plugin", "load"},
        {"plugin", "upgrade"},
        {"query", "likes"},
        {"query", "likes", "top", "limit"}}) {
    const Finished wrong = bare(arguments);
    EXPECT_EQ(wrong.status, 2) << arguments.back();
    EXPECT_THAT(wrong.err, StartsWith("refold: ")) << arguments.back();
    EXPECT_THAT(wrong.err, HasSubstr("--help'")) << arguments.back();
    EXPECT_EQ(wrong.out, "");
  }
}

TEST_F(Usage, AnOptionBeforeTheCommandIsToldWhereItBelongs) {
  const Finished wrong = bare({"--data", "data", "log", "stat"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, StartsWith("refold: options go after \"refold log stat\"\n"));
  EXPECT_THAT(bare({"--frobnicate"}).err, StartsWith("refold: what is meant by \"--frobnicate\"?"));
}

TEST_F(Usage, HelpThatCannotBeWrittenIsAnError) {
  for (const std::string asked : {"--help", "--version", "log --help", "log"}) {
    const Finished written = shell(binary + " " + asked + " >/dev/full");
    EXPECT_EQ(written.status, 1) << asked;
    EXPECT_THAT(written.err, HasSubstr("standard output")) << asked;
  }
}

TEST_F(Usage, TheDataDirectoryMayComeFromTheEnvironment) {
  given(lines_.identity(alice, "alice.test"));
  const Finished stat = shell("REFOLD_DATA=" + data() + " " + binary + " log stat");
  EXPECT_EQ(stat.status, 0) << stat.err;
  EXPECT_THAT(stat.out, HasSubstr("1 event"));
}

}  // namespace
}  // namespace refold::cli
