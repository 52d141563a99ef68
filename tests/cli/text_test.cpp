#include "core/cli/text.h"

#include <gtest/gtest.h>

#include "core/base/json_writer.h"
#include "core/cli/complaint.h"
#include "core/cli/fields.h"
#include "core/cli/pretty.h"
#include "core/cli/progress.h"

namespace refold::cli {
namespace {

TEST(Text, WhatATerminalActsOnIsEscapedAndTheRestIsKept) {
  EXPECT_EQ(escaped("caffè ☕ 豆"), "caffè ☕ 豆");
  EXPECT_EQ(escaped("\x1b[2J\n\t\x7f"), "\\x1b[2J\\x0a\\x09\\x7f");
  EXPECT_EQ(escaped("\xc2\x9b"), "\\u{9b}");
  EXPECT_EQ(escaped("\xe2\x80\xae"), "\\u{202e}");
  EXPECT_EQ(escaped("a\\x"), "a\\\\x");
  EXPECT_EQ(escaped("\xff\xc0\xaf\xed\xa0\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
  EXPECT_EQ(escaped("cut \xe2\x98"), "cut \\xe2\\x98");
}

TEST(Text, NumbersAreGroupedInThrees) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(12345678), "12,345,678");
  EXPECT_EQ(counted(1, "event"), "1 event");
  EXPECT_EQ(counted(0, "event"), "0 events");
}

TEST(Text, SizesHaveThreeDigits) {
  EXPECT_EQ(byte_text(0), "0 B");
  EXPECT_EQ(byte_text(999), "999 B");
  EXPECT_EQ(byte_text(1000), "1.00 kB");
  EXPECT_EQ(byte_text(12'345), "12.3 kB");
  EXPECT_EQ(byte_text(999'499), "999 kB");
  EXPECT_EQ(byte_text(999'999), "1.00 MB");
  EXPECT_EQ(byte_text(~std::uint64_t{0}), "18.4 EB");
}

TEST(Text, DurationsAreReadable) {
  EXPECT_EQ(duration_text(0.4128), "0.41 s");
  EXPECT_EQ(duration_text(12.3), "12 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

TEST(Text, TimesAreUtcAndWhatIsOutsideTheCalendarStaysANumber) {
  EXPECT_EQ(time_text(1'795'335'649'688'001), "2026-11-22T08:20:49.688001Z");
  EXPECT_EQ(short_time_text(1'795'335'649'688'001), "2026-11-22T08:20:49.688Z");
  EXPECT_EQ(time_text(INT64_MAX), "9223372036854775807");
}

TEST(Json, TextsMayHoldAnything) {
  std::string out;
  JsonWriter(out).text("a\"\\\n\x1b\x7f\xc2\x9b\xe2\x80\xae\xff ☕");
  EXPECT_EQ(out, "\"a\\\"\\\\\\u000a\\u001b\\u007f\\u009b\\u202e\\ufffd ☕\"");
}

TEST(Json, CommasStandBetweenMembersOnly) {
  std::string out;
  JsonWriter json(out);
  json.open('{').field("a", 1).key("b").open('[').number(std::int64_t{-1}).null().close(']');
  json.key("c").open('{').close('}').key("d").boolean(true).key("e").decimal(0.5).close('}');
  EXPECT_EQ(out, R"({"a":1,"b":[-1,null],"c":{},"d":true,"e":0.500})");
}

TEST(Json, MakingItSafeChangesOnlyWhatATerminalActsOn) {
  std::string json = "before\xc2\x9b{\"\xe2\x80\xae\":\"☕\x7f\"}";
  make_safe(json, 8);
  EXPECT_EQ(json, "before\xc2\x9b{\"\\u202e\":\"☕\\u007f\"}");
}

TEST(Json, PrettyJsonHasOneMemberALine) {
  EXPECT_EQ(pretty_json(R"({"a":[1,{}],"b{":"x,\"y\":[","c":[]})", {}),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b{\": \"x,\\\"y\\\":[\",\n  \"c\": []\n}");
  EXPECT_EQ(pretty_json("null", {}), "null");
}

TEST(Fields, ValuesStandInOneColumnAndEmptyOnesAreLeftOut) {
  Fields fields;
  fields.add("seq", "1");
  fields.add("collection", "");
  fields.add("status", "ok");
  EXPECT_EQ(fields.text({}), "seq     1\nstatus  ok\n");
}

TEST(Complaint, FurtherLinesStandBelowTheFirst) {
  EXPECT_EQ(complaint("it failed.\n   Do this.", false), "refold: it failed.\n        Do this.\n");
}

TEST(ProgressLine, NeverFillsTheTerminal) {
  const std::string line = Progress::line("events.jsonl.gz", 0.42, 123'456, "events", 2.0, 200);
  EXPECT_EQ(line,
            "events.jsonl.gz  [##########..............]  42%  123,456 events  61,728/s  "
            "3 s left");
  for (std::size_t columns = 1; columns < 120; ++columns) {
    EXPECT_LT(Progress::line("x", 1.0, 1, "events", 60, columns).size(), columns);
  }
}

}  // namespace
}  // namespace refold::cli
