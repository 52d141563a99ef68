#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/fixture.h"
#include "tests/index/damage.h"

namespace refold::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LogCommand : public Command {
 protected:
  /// Seq 1 to 6: bob's name, two posts of alice (the second one replaced, then removed), bob's
  /// like.
  void given_six_events() {
    std::string text = lines_.identity(bob, "bob.test");
    text += lines_.create(alice, "one", R"({"text":"first"})");
    text += lines_.create(alice, "two", R"({"text":"second"})");
    text += lines_.update(alice, "two", R"({"text":"second, better"})");
    text += lines_.remove(alice, "two");
    lines_.collection = "app.bsky.feed.like";
    text += lines_.create(bob, "like", R"({"subject":"at://x"})");
    given(text);
  }

  /// The seqs of JSON lines.
  static std::vector<std::uint64_t> seqs(const Finished& finished) {
    EXPECT_EQ(finished.status, 0) << finished.err;
    std::vector<std::uint64_t> all;
    simdjson::dom::parser parser;
    std::istringstream stream(finished.out);
    for (std::string line; std::getline(stream, line);) {
      all.push_back(parser.parse(line).at_key("seq").get_uint64().value());
    }
    return all;
  }
  using Seqs = std::vector<std::uint64_t>;

  Seqs read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "read");
    arguments.emplace_back("--json");
    return seqs(log(std::move(arguments)));
  }
};

TEST_F(LogCommand, ReadFiltersByCollectionDidAndKind) {
  given_six_events();
  EXPECT_EQ(read({}), (Seqs{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read({"--collection", "app.bsky.feed.like"}), (Seqs{1, 6}));
  EXPECT_EQ(read({"--collection", "app.bsky.feed.like", "--kind", "create"}), (Seqs{6}));
  EXPECT_EQ(read({"--collection", "app.bsky.*", "--kind", "delete", "--kind", "update"}),
            (Seqs{4, 5}));
  EXPECT_EQ(read({"--did", bob}), (Seqs{1, 6}));
  EXPECT_EQ(read({"--did", bob, "--did", alice, "--kind", "identity"}), (Seqs{1}));
}

TEST_F(LogCommand, ReadStopsWhereItIsTold) {
  given_six_events();
  EXPECT_EQ(read({"--from", "3", "--to", "5"}), (Seqs{3, 4, 5}));
  EXPECT_EQ(read({"--limit", "2"}), (Seqs{1, 2}));
  EXPECT_EQ(read({"--from", "-1h", "--limit", "1"}), (Seqs{1}));
  EXPECT_EQ(read({"--from", "2100-01-01T00:00:00Z"}), (Seqs{}));
  EXPECT_EQ(read({"--to", "2001-01-01T00:00:00Z"}), (Seqs{}));
  EXPECT_EQ(read({"--from", "7"}), (Seqs{}));
}

TEST_F(LogCommand, TheHistoryHoldsWhatAFoldDoesNotSee) {
  const std::string older = lines_.create(alice, "one", R"({"text":"older"})");
  given(lines_.update(alice, "one", R"({"text":"newer"})"));
  given(older);
  EXPECT_EQ(read({}), (Seqs{1}));
  EXPECT_EQ(read({"--history"}), (Seqs{1, 2}));
  EXPECT_THAT(log({"tail"}).out, HasSubstr("late"));
}

TEST_F(LogCommand, AnEventInJsonHasItsRecordAndWhatItReplaced) {
  given_six_events();
  const std::string line = log({"show", "4", "--json"}).out;
  EXPECT_THAT(line, HasSubstr(R"("kind":"update")"));
  EXPECT_THAT(line, HasSubstr(R"("change":"replaced")"));
  EXPECT_THAT(line, HasSubstr(R"("record":{"text":"second, better"})"));
  EXPECT_THAT(line,
              HasSubstr(R"("previous":{"state":"known","seq":3,"record":{"text":"second"}})"));
}

TEST_F(LogCommand, ShowPrintsEveryField) {
  given_six_events();
  const std::string text = log({"show", "4"}).out;
  EXPECT_THAT(text, HasSubstr("replaced"));
  EXPECT_THAT(text, HasSubstr(std::string("at://") + alice + "/app.bsky.feed.post/two"));
  EXPECT_THAT(text, HasSubstr("\"text\": \"second, better\""));
  EXPECT_THAT(text, HasSubstr("bafyrei"));
  EXPECT_THAT(log({"show", "1"}).out, HasSubstr("bob.test"));
}

TEST_F(LogCommand, AnUnknownSeqIsAnErrorThatNamesIt) {
  given_six_events();
  const Finished shown = log({"show", "99"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_THAT(shown.err, StartsWith("refold: "));
  EXPECT_THAT(shown.err, HasSubstr("99"));
  EXPECT_EQ(shown.out, "");
}

TEST_F(LogCommand, ALogThatDoesNotExistIsAnErrorThatNamesItsPlace) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"stat"},
                                             {"tail"},
                                             {"show", "1"},
                                             {"read"},
                                             {"verify"},
                                             {"root"},
                                             {"cursors"},
                                             {"seal"},
                                             {"reindex"},
                                             {"redact", alice, "--yes"},
                                             {"cursors", "--remove", "a"}}) {
    const Finished finished = log(command);
    EXPECT_EQ(finished.status, 1) << command[0];
    EXPECT_THAT(finished.err, HasSubstr("there is no log in " + data())) << command[0];
    EXPECT_FALSE(std::filesystem::exists(data())) << command[0];
  }
}

TEST_F(LogCommand, TailPrintsTheNewestOneALine) {
  given_six_events();
  const std::string text = log({"tail", "-n", "2"}).out;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("removed"));
  EXPECT_THAT(text, HasSubstr("app.bsky.feed.like"));
}

TEST_F(LogCommand, TailFollowsWhatAnotherProcessAppends) {
  given_six_events();
  Running tail(folder_, with_data({"log", "tail", "--follow", "--json"}));
  ASSERT_TRUE(tail.prints(R"("seq":6)"));
  const std::string more = file("more", lines_.create(bob, "later", R"({"subject":"at://y"})"));
  std::vector<std::string> import = with_data({"import", more});
  std::string script;
  for (const auto& word : import) script += "'" + word + "' ";
  TempFolder other;
  EXPECT_EQ(Running(other, {"/bin/sh", "-c", script}).finish().status, 0);
  EXPECT_TRUE(tail.prints(R"("rkey":"later")"));
  tail.signal(SIGINT);
  EXPECT_EQ(tail.finish().status, 130);
}

TEST_F(LogCommand, AClosedPipeEndsQuietly) {
  std::string text;
  for (int at = 0; at < 3000; ++at) {
    text += lines_.create(alice, std::to_string(at), R"({"text":"to fill more than one buffer"})");
  }
  given(text);
  const Finished piped =
      shell("{ " + binary + " log read --json --data " + data() + "; echo $? >&2; } | head -n 1");
  EXPECT_EQ(piped.err, "0\n");
  EXPECT_THAT(piped.out, HasSubstr(R"("seq":1,)"));
}

TEST_F(LogCommand, AFollowerWhoseReaderWentAwayEnds) {
  given_six_events();
  const Finished piped =
      shell(binary + " log tail -f --data " + data() + " | head -n 1; echo ended");
  EXPECT_THAT(piped.out, HasSubstr("ended"));
}

TEST_F(LogCommand, AFullDiskIsAnError) {
  given_six_events();
  const Finished written = shell(binary + " log read --data " + data() + " >/dev/full");
  EXPECT_EQ(written.status, 1);
  EXPECT_THAT(written.err, HasSubstr("standard output"));
}

TEST_F(LogCommand, EveryCommandPrintsJsonOnDemand) {
  given_six_events();
  simdjson::dom::parser parser;
  const std::vector<std::vector<std::string>> commands = {
      {"stat"}, {"show", "2"}, {"verify"},  {"root"},
      {"seal"}, {"cursors"},   {"reindex"}, {"redact", alice, "app.bsky.feed.post", "one", "--yes"},
  };
  for (auto command : commands) {
    const std::string name = command[0];
    command.emplace_back("--json");
    const Finished finished = log(std::move(command));
    EXPECT_EQ(finished.status, 0) << name << ": " << finished.err;
    EXPECT_EQ(parser.parse(finished.out).error(), simdjson::SUCCESS) << name << finished.out;
    EXPECT_EQ(finished.err, "") << name;
  }
  EXPECT_EQ(read({"--history"}).size(), 7U);  // with the tombstone of the redaction
}

TEST_F(LogCommand, VerifyCountsWhatItChecked) {
  given_six_events();
  EXPECT_EQ(log({"verify"}).out, "6 events checked: ok\n");
}

TEST_F(LogCommand, TheRootIsOneLineOfHex) {
  given_six_events();
  EXPECT_EQ(root().size(), 65U);
  EXPECT_EQ(root().find_first_not_of("0123456789abcdef\n"), std::string::npos);
}

TEST_F(LogCommand, SealingChangesNeitherTheRootNorWhatIsRead) {
  std::string text;
  for (int at = 0; at < 5000; ++at) {
    text += lines_.create(alice, std::to_string(at), R"({"n":)" + std::to_string(at) + "}");
  }
  given(text);
  const std::string before = root();
  const std::string events = log({"read", "--json"}).out;
  EXPECT_THAT(log({"seal"}).out, HasSubstr("sealed 4,096 events; 904 stay in the tail"));
  EXPECT_EQ(root(), before);
  EXPECT_EQ(log({"read", "--json"}).out, events);
  EXPECT_THAT(log({"stat"}).out, HasSubstr("4,096 events in 1 segment"));
}

TEST_F(LogCommand, ARedactedRecordIsNowhere) {
  given_six_events();
  const Finished redacted = log({"redact", alice, "app.bsky.feed.post", "two", "--yes"});
  EXPECT_EQ(redacted.status, 0) << redacted.err;
  EXPECT_THAT(log({"read", "--history", "--json"}).out, Not(HasSubstr("second")));
  EXPECT_THAT(log({"read", "--history", "--json"}).out, HasSubstr("first"));
  EXPECT_EQ(log({"verify"}).status, 0);
}

TEST_F(LogCommand, RedactSaysWhenThereWasNothingToErase) {
  given_six_events();
  const Finished redacted = log({"redact", alice, "app.bsky.feed.post", "nowhere", "--yes"});
  EXPECT_EQ(redacted.status, 0) << redacted.err;
  EXPECT_EQ(redacted.out, "the log has no such content; nothing was erased\n");
}

TEST_F(LogCommand, RedactAsksAndWithoutATerminalRefuses) {
  given_six_events();
  const Finished refused = log({"redact", alice});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_THAT(log({"read", "--json"}).out, HasSubstr("first"));
  EXPECT_THAT(log({"redact", "alice", "--yes"}).err, HasSubstr("\"alice\" is not a DID"));
}

TEST_F(LogCommand, RemovingACursorThatIsNotThereIsAnError) {
  given_six_events();
  EXPECT_EQ(log({"cursors"}).out, "no cursors\n");
  const Finished removed = log({"cursors", "--remove", "jetstream"});
  EXPECT_EQ(removed.status, 1);
  EXPECT_THAT(removed.err, HasSubstr("\"jetstream\""));
}

TEST_F(LogCommand, NothingFromTheLogActsOnATerminal) {
  const std::string hostile = R"({"text":"\u001b[2Jgone\u009b1m\u202eevil\u007f"})";
  given(lines_.create(alice, "one", hostile) + lines_.account(alice, false, "\\u001b]0;x\\u0007"));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"log", "show", "1", "--json"},
        {"log", "tail"},
        {"log", "show", "1"},
        {"log", "show", "2"},
        {"log", "read", "--json"}}) {
    const std::string shown = refold(command).out;
    EXPECT_NE(shown, "");
    for (const char* bad : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae", "\x7f"}) {
      EXPECT_THAT(shown, Not(HasSubstr(bad))) << command[1];
    }
  }
}

TEST_F(LogCommand, ColoursAreForTerminalsAndNoColorIsRespected) {
  given_six_events();
  EXPECT_THAT(log({"tail"}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(shown_on_terminal(with_data({"log", "tail"})), HasSubstr("\x1b[32m"));
  std::vector<std::string> plain = with_data({"log", "tail"});
  plain.insert(plain.begin(), {"/usr/bin/env", "NO_COLOR=1"});
  EXPECT_THAT(shown_on_terminal(plain), Not(HasSubstr("\x1b[3")));
}

TEST_F(LogCommand, AnIndexThatStopsARedactionIsBuiltAnewByReindex) {
  given_six_events();
  index::damage_head(data(), alice, "app.bsky.feed.post", "one");
  EXPECT_THAT(log({"redact", alice, "--yes"}).err, HasSubstr("'refold log reindex'"));
  EXPECT_EQ(log({"seal"}).status, 1);  // the redaction comes first, and cannot be finished
  const Finished rebuilt = log({"reindex"});
  EXPECT_EQ(rebuilt.status, 0) << rebuilt.err;
  const Finished redacted = log({"redact", alice, "--yes"});
  EXPECT_EQ(redacted.status, 0) << redacted.err;
}

}  // namespace
}  // namespace refold::cli
