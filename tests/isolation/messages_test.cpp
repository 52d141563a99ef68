#include <gtest/gtest.h>

#include <random>

#include "core/isolation/messages.h"

namespace refold::isolation {
namespace {

TEST(Frame, IsThereWhenItsLastByteIs) {
  Bytes bytes;
  put_frame(bytes, Kind::line, bytes_of("beans"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto found = first_frame(ByteView(bytes).first(size), 100);
    ASSERT_TRUE(found.has_value());
    EXPECT_FALSE(found->has_value());
  }
  put_frame(bytes, Kind::stop, {});
  const auto found = first_frame(bytes, 100);
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->kind, Kind::line);
  EXPECT_EQ(text_of((*found)->content), "beans");
}

TEST(Frame, OneThatWouldBeTooLongIsRefusedBeforeItCame) {
  Bytes bytes;
  put_frame(bytes, Kind::line, bytes_of("beans"));
  EXPECT_TRUE(first_frame(bytes, 5).has_value());
  EXPECT_TRUE(first_frame(ByteView(bytes).first(frame_head_bytes), 4).has_error());
  EXPECT_TRUE(first_frame(Bytes{0, 0, 0, 0, 0}, 100).has_error());
  EXPECT_TRUE(first_frame(Bytes{0xff, 0xff, 0xff, 0xff, 0}, 100).has_error());
}

TEST(Messages, AnOrderComesOutAsItWentIn) {
  FoldOrder order;
  order.code = {"lib.so", "abc", "likes", "my-likes", {"1", ""}, "views/1", 1 << 20};
  order.log = "data";
  order.slice = {{"a.b.c"}, {"did:plc:x"}};
  order.skip = {3, 900};
  order.loop.batch.bytes = 12345;
  order.loop.first_batch.time = std::chrono::milliseconds(78);
  order.loop.stall_pause_max = std::chrono::milliseconds(77);
  order.suspects = {5, 8};
  order.watches = true;
  order.watched_table = 2;
  order.watched_key = {1, 2};
  order.until = 55;
  order.verified = true;
  FoldOrder read;
  ASSERT_TRUE(decode(encode(order), read));
  EXPECT_EQ(encode(read), encode(order));
  EXPECT_EQ(read.code.values, order.code.values);
  EXPECT_EQ(read.slice, order.slice);
  EXPECT_EQ(read.skip, order.skip);
  EXPECT_EQ(read.loop.batch.bytes, 12345U);
  EXPECT_EQ(read.loop.first_batch.time, order.loop.first_batch.time);
  EXPECT_EQ(read.loop.stall_pause_max, order.loop.stall_pause_max);
  EXPECT_EQ(read.suspects.last, 8U);
  EXPECT_EQ(read.until, 55U);
}

TEST(Messages, AnAnswerComesOutAsItWentIn) {
  std::optional<Result<Texts>> read;
  ASSERT_TRUE(decode(encode(Result<Texts>(Texts{"1", "", "{}"})), read));
  EXPECT_EQ(read->value(), (Texts{"1", "", "{}"}));
  ASSERT_TRUE(decode(encode(Result<Texts>(Error{Errc::timeout, "late"})), read));
  EXPECT_EQ(read->error().code, Errc::timeout);
  EXPECT_EQ(read->error().message, "late");
}

TEST(Messages, WhatAProcessSaysActsOnNoTerminal) {
  Line line;
  ASSERT_TRUE(decode(encode(Line{200, "\x1b[2Jbeans"}), line));
  EXPECT_EQ(line.text, "\\x1b[2Jbeans");
  EXPECT_LE(line.level, REFOLD_ERROR);
  Error error;
  // What the host has escaped stays as it is.
  ASSERT_TRUE(decode(encode(Error{Errc::invalid, "it said \\x1b"}), error));
  EXPECT_EQ(error.message, "it said \\x1b");
  projection::Failure failure;
  failure.uri = "at://\n";
  ASSERT_TRUE(decode(encode(failure), failure));
  EXPECT_EQ(failure.uri, "at://\\x0a");
}

TEST(Messages, OfAnyBytesNothingWorseComesThanARefusal) {
  std::mt19937_64 random(3);
  unsigned refused = 0;
  for (unsigned round = 0; round < 20'000; ++round) {
    Bytes bytes(random() % 40);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 4 == 0 ? 0xff : random());
    Telling telling;
    projection::Failure failure;
    WrittenRow row;
    Line line;
    Error error;
    std::optional<Result<Texts>> answer;
    std::uint64_t number = 0;
    const bool good[] = {decode(bytes, telling),      decode(bytes, failure), decode(bytes, row),
                         decode(bytes, line),         decode(bytes, error),   decode(bytes, answer),
                         decode_number(bytes, number)};
    for (const bool one : good) refused += one ? 0 : 1;
    EXPECT_LE(telling.activity, projection::Activity::failed);
    EXPECT_EQ(answer.has_value(), good[5]);
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace refold::isolation
