#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log/witness_log.h"
#include "tests/cli/fixture.h"

namespace refold::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string sample = REFOLD_SOURCE_DIR "/examples/sample/events.jsonl.gz";

class Import : public Command {
 protected:
  std::string posts(int count) {
    std::string text;
    for (int at = 0; at < count; ++at) {
      text += lines_.create(alice, "post" + std::to_string(at),
                            R"({"$type":"app.bsky.feed.post","n":)" + std::to_string(at) + "}");
    }
    return text;
  }
};

TEST_F(Import, EveryEventOfTheSampleIsAppendedOnce) {
  if (!std::filesystem::exists(sample)) GTEST_SKIP() << "no sample in this checkout";
  const Finished first = refold({"import", sample, "--json"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(number(first, "refused"), 0U);
  EXPECT_EQ(number(first, "known"), 0U);
  EXPECT_GE(number(first, "appended"), number(first, "lines"));
  const std::string before = root();
  const Finished again = refold({"import", sample, "--json"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(number(again, "appended"), 0U);
  EXPECT_EQ(number(again, "known"), number(first, "lines"));
  EXPECT_EQ(root(), before);
}

TEST_F(Import, TheSameFileTwiceAddsNothing) {
  const std::string events = file(
      "events", posts(20) + lines_.identity(alice, "alice.test") + lines_.account(alice, true));
  EXPECT_EQ(number(refold({"import", events, "--json"}), "appended"), 22U);
  const Finished again = refold({"import", events, "--json"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(number(again, "appended"), 0U);
  EXPECT_EQ(number(again, "known"), 22U);
}

TEST_F(Import, TheSameFileTwiceInOneRunAddsNothing) {
  const std::string events = file("events", posts(20));
  const Finished both = refold({"import", events, events, "--json"});
  EXPECT_EQ(number(both, "lines"), 40U);
  EXPECT_EQ(number(both, "appended"), 20U);
  EXPECT_EQ(number(both, "known"), 20U);
}

TEST_F(Import, HalfOfAFileThenAllOfItAddsTheOtherHalf) {
  const std::string first = posts(10);
  const std::string second = posts(15);
  EXPECT_EQ(number(refold({"import", file("half", first), "--json"}), "appended"), 10U);
  const Finished whole = refold({"import", file("whole", first + second), "--json"});
  EXPECT_EQ(number(whole, "appended"), 15U);
  EXPECT_EQ(number(whole, "known"), 10U);
}

TEST_F(Import, PlainGzipAndZstdAreTheSameAlsoInPieces) {
  const std::string a = file("a", posts(300));
  const std::string b = file("b", posts(300));
  const std::string at = folder_.path().string();
  ASSERT_EQ(shell("cd " + at + " && cat a b >plain && gzip -c a >gz && gzip -c b >>gz").status, 0);
  EXPECT_EQ(number(refold({"import", (folder_ / "gz").string(), "--json"}), "appended"), 600U);
  EXPECT_EQ(number(refold({"import", (folder_ / "plain").string(), "--json"}), "known"), 600U);
  if (shell("zstd --version").status != 0) GTEST_SKIP() << "no zstd command to pack with";
  ASSERT_EQ(shell("cd " + at + " && zstd -qc a >zst && zstd -qc --long=27 b >>zst").status, 0);
  EXPECT_EQ(number(refold({"import", (folder_ / "zst").string(), "--json"}), "known"), 600U);
}

TEST_F(Import, StandardInputMayBePackedToo) {
  file("a", posts(30));
  const std::string at = folder_.path().string();
  const Finished imported =
      shell("cd " + at + " && gzip -c a | " + binary + " import - --json --data " + data());
  EXPECT_EQ(number(imported, "appended"), 30U) << imported.err;
}

TEST_F(Import, PackedDataThatEndInTheMiddleFailAndKeepWhatCameBefore) {
  file("a", posts(3000));
  const std::string at = folder_.path().string();
  ASSERT_EQ(shell("cd " + at + " && gzip -c a | head -c 20000 >cut").status, 0);
  const Finished imported = refold({"import", (folder_ / "cut").string(), "--json"});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("cut: the compressed data end in the middle"));
  EXPECT_GT(number(imported, "appended"), 0U);
}

TEST_F(Import, ABrokenLineIsNamedCountedAndSkipped) {
  const std::string events =
      file("events", posts(1) + "{\"oops\"\n" + posts(1) + "\x1b[2J\n" + posts(1));
  const Finished imported = refold({"import", events});
  EXPECT_EQ(imported.status, 3);
  EXPECT_THAT(imported.err, HasSubstr(events + ":2: not valid JSON"));
  EXPECT_THAT(imported.err, HasSubstr(events + ":4: not valid JSON"));
  EXPECT_THAT(imported.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(imported.out, HasSubstr("not_json"));
}

TEST_F(Import, BlankLinesArePassedOver) {
  const Finished imported =
      refold({"import", file("events", "\n" + posts(1) + " \t\r\n\n"), "--json"});
  EXPECT_EQ(imported.status, 0);
  EXPECT_EQ(number(imported, "lines"), 1U);
}

TEST_F(Import, AfterTenBrokenLinesTheRestIsOnlyCounted) {
  std::string text;
  for (int at = 0; at < 25; ++at) text += "x\n";
  const Finished imported = refold({"import", file("events", text), "--json"});
  EXPECT_EQ(imported.status, 3);
  EXPECT_EQ(number(imported, "refused"), 25U);
  EXPECT_THAT(imported.err, HasSubstr("events:10: "));
  EXPECT_THAT(imported.err, Not(HasSubstr("events:11: ")));
  EXPECT_THAT(imported.err, HasSubstr("15 more refusals"));
}

TEST_F(Import, ALineOverTheLimitIsNamedAndSkipped) {
  const std::string text = posts(1) + std::string(std::size_t{9} << 20, 'x') + "\n" + posts(1);
  const Finished imported = refold({"import", file("events", text), "--json"});
  EXPECT_EQ(imported.status, 3);
  EXPECT_THAT(imported.err, HasSubstr("events:2: the line has more than 4,194,304 bytes"));
  EXPECT_EQ(number(imported, "lines"), 3U);
}

TEST_F(Import, WhatTheLogRefusesIsReportedWithItsLines) {
  std::string future = lines_.create(alice, "a", R"({"n":1})");
  const auto rev = future.find("\"rev\":\"") + 7;
  future.replace(rev, 13, "bzzzzzzzzzzzz");
  const Finished imported = refold({"import", file("events", posts(1) + future), "--json"});
  EXPECT_EQ(imported.status, 3);
  EXPECT_THAT(imported.err, HasSubstr("events, lines 1 to 2: the log refused 1 future_rev"));
  EXPECT_EQ(number(imported, "appended"), 1U);
}

TEST_F(Import, StrictStopsAtTheFirstBrokenLine) {
  const std::string events = file("events", posts(2) + "x\n" + posts(1));
  const Finished imported = refold({"import", events, "--strict", "--json"});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("refold: " + events + ":3: not valid JSON"));
  EXPECT_THAT(imported.err, HasSubstr("--strict"));
  EXPECT_EQ(number(imported, "appended"), 2U);
}

TEST_F(Import, ADeletedAccountBecomesTombstones) {
  given(posts(3) + lines_.account(alice, false, "deleted"));
  const std::string removed = log({"read", "--kind", "delete", "--json"}).out;
  for (const std::string rkey : {"post0", "post1", "post2"}) EXPECT_THAT(removed, HasSubstr(rkey));
  EXPECT_THAT(removed, HasSubstr(R"("change":"removed")"));
}

TEST_F(Import, APayloadThatDoesNotFitItsCidIsCountedAndItsEventKept) {
  std::string text = posts(1);
  text.replace(text.find("\"n\":0"), 5, "\"n\":9");
  const Finished imported = refold({"import", file("events", text), "--json"});
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(number(imported, "missing"), 1U);
  EXPECT_THAT(log({"read", "--history", "--json"}).out, HasSubstr(R"("missing":"cid_mismatch")"));
}

TEST_F(Import, ASecondWriterIsToldWhoHoldsTheLog) {
  given(posts(1));
  const auto holder = refold::log::WitnessLog::open_writer(data());
  ASSERT_TRUE(holder.has_value()) << holder.error().message;
  const Finished imported = refold({"import", file("events", posts(1))});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("refold: "));
  EXPECT_THAT(imported.err, HasSubstr(std::to_string(::getpid())));
}

TEST_F(Import, WhatIsMeantForClosedStreamsIsNotWrittenIntoTheLog) {
  given(posts(3));
  const std::string before = root();
  const std::string import = binary + " import --data " + data() + " ";
  const std::string broken = file("broken", "x\n");
  EXPECT_EQ(shell(import + broken + " <&- >&- 2>&-").status, 1);
  EXPECT_EQ(root(), before);
  EXPECT_EQ(log({"verify"}).status, 0);
  EXPECT_THAT(content_of(folder_ / "data/log/writer.lock"), Not(HasSubstr("refused")));
  EXPECT_THAT(shell(import + broken + " >&-").err, HasSubstr("cannot write to standard output"));
  EXPECT_THAT(shell(import + "- <&-").err, HasSubstr("cannot read standard input"));
}

TEST_F(Import, AFileThatDoesNotExistFailsWithItsName) {
  const Finished imported = refold({"import", (folder_ / "nowhere").string()});
  EXPECT_EQ(imported.status, 1);
  EXPECT_THAT(imported.err, HasSubstr("nowhere: No such file"));
  EXPECT_EQ(log({"stat"}).status, 1) << "no log was made for it";
}

TEST_F(Import, CtrlCKeepsWhatWasReadAndSaysSo) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Running import(folder_, with_data({"import", pipe, "--json"}));
  const int writer = ::open(pipe.c_str(), O_WRONLY);
  ASSERT_GE(writer, 0);
  const std::string text = posts(5) + "{\"half";
  ASSERT_EQ(::write(writer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  import.signal(SIGINT);
  const Finished imported = import.finish();
  ::close(writer);
  EXPECT_EQ(imported.status, 130);
  EXPECT_THAT(imported.err, HasSubstr("interrupted"));
  EXPECT_EQ(number(imported, "appended"), 5U);
  EXPECT_EQ(number(imported, "refused"), 0U);
}

TEST_F(Import, TheSourceIsKeptWithTheEvent) {
  EXPECT_EQ(refold({"import", file("events", posts(1)), "--source", "archive"}).status, 0);
  EXPECT_THAT(log({"show", "1"}).out, HasSubstr("archive"));
  EXPECT_EQ(refold({"import", file("events", posts(1)), "--source", std::string(65, 'x')}).status,
            2);
}

TEST_F(Import, ShowsItsProgressOnATerminalThatIsNotDumb) {
  const std::string first = file("first.jsonl", lines_.create(alice, "one", R"({"text":"a"})"));
  const std::string then = file("then.jsonl", lines_.create(alice, "two", R"({"text":"b"})"));
  const std::string slowly = "{ cat " + first + "; until [ -e " + data() +
                             "/log/tail.mdb ]; do sleep .1; done; sleep 1; cat " + then + "; } | " +
                             binary + " import - --data " + data();
  const auto shown = [&](const char* term) {
    return shown_on_terminal({"/usr/bin/env", term, "/bin/sh", "-c", slowly});
  };
  EXPECT_THAT(shown("TERM=xterm"), HasSubstr("\x1b[K"));
  const std::string plain = shown("TERM=dumb");
  EXPECT_THAT(plain, HasSubstr("known"));
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace refold::cli
