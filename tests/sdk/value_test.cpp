#include <gtest/gtest.h>

#include <random>
#include <refold/json.hpp>
#include <refold/record.hpp>
#include <refold/testing/data.hpp>

#include "core/atproto/cbor.h"
#include "core/atproto/json.h"
#include "tests/atproto/random_record.h"

namespace refold {
namespace {

using atproto::test::RandomRecord;
using testing::array;
using testing::Data;
using testing::object;

/// Reads all that is in a value, in every way that there is.
void walk(const Value& value) {
  static_cast<void>(value.boolean());
  static_cast<void>(value.integer());
  static_cast<void>(value.unsigned_integer());
  static_cast<void>(value.text());
  static_cast<void>(value.bytes());
  static_cast<void>(value.link());
  static_cast<void>(value["$type"]);
  value.for_each_field([](std::string_view, const Value& field) { walk(field); });
  value.for_each_item([](const Value& item) { walk(item); });
}

TEST(Value, WhatTheEngineTakesForDagCborIsOne) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Bytes bytes = RandomRecord(seed).make();
    ASSERT_TRUE(atproto::cbor::validate(bytes).has_value());
    const auto value = Value::parse(bytes);
    ASSERT_TRUE(value);
    walk(*value);
  }
}

TEST(Value, HasTheJsonThatTheEngineGivesIt) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Bytes bytes = RandomRecord(seed).make();
    const auto theirs = atproto::json_from_cbor(bytes);
    if (theirs.has_error()) continue;  // a key `$link`: no record
    EXPECT_EQ(to_json(*Value::parse(bytes)), *theirs);
    ++compared;
  }
  EXPECT_GT(compared, 1000);
}

TEST(Value, DamagedBytesAreWalkedWithoutHarm) {
  std::mt19937_64 random(1);
  int taken = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Bytes bytes = RandomRecord(seed).make();
    for (std::size_t edits = random() % 4 + 1; edits > 0; --edits) {
      if (random() % 4 == 0) {
        bytes.resize(random() % bytes.size() + 1);
      } else {
        bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      }
    }
    const Bytes exact(bytes.begin(), bytes.end());  // no capacity to spare: ASan sees its end
    const auto value = Value::parse(exact);
    if (atproto::cbor::validate(exact).has_value()) {
      EXPECT_TRUE(value);
    }
    if (!value) continue;
    walk(*value);
    static_cast<void>(to_json(*value));
    ++taken;
  }
  EXPECT_GT(taken, 100);
}

TEST(Value, WhatNoCanonicalWriterWritesIsNone) {
  const Bytes bad[] = {
      {},                                                      // nothing
      {0x18, 0x17},                                            // 23 in two bytes
      {0x19, 0x00, 0xff},                                      // 255 in three
      {0x1a, 0x00, 0x00, 0xff, 0xff},                          // 65535 in five
      {0x1b, 0, 0, 0, 0, 0xff, 0, 0, 0},                       // 2^32-2^24 in nine
      {0x1c},                                                  // reserved
      {0x1f},                                                  // indefinite
      {0x5f, 0xff},                                            // bytes of indefinite length
      {0x9f, 0xff},                                            // an array of indefinite length
      {0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0},                       // below -2^63
      {0xf9, 0x3c, 0x00},                                      // 1.0
      {0xf7},                                                  // undefined
      {0xe0},                                                  // another simple value
      {0xc1, 0x00},                                            // another tag
      {0xd8, 42, 0x41, 0x00},                                  // a link that is none
      {0x62, 'a'},                                             // too short
      {0x81},                                                  // an item is missing
      {0xa1, 0x61, 'a'},                                       // a value is missing
      {0xa1, 0x01, 0x01},                                      // a key that is no text
      {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},  // more than there is
      {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0x00, 0x00},  // something behind it
  };
  for (const Bytes& bytes : bad) EXPECT_FALSE(Value::parse(bytes)) << hex(bytes);
}

Bytes nested(std::size_t depth) {
  Bytes bytes(depth, std::uint8_t{0x81});
  bytes.push_back(0xf6);
  return bytes;
}

TEST(Value, NestsAsDeepAsTheEngineAllows) {
  for (const std::size_t depth : {127U, 128U, 129U, 100'000U}) {
    EXPECT_EQ(Value::parse(nested(depth)).has_value(),
              atproto::cbor::validate(nested(depth)).has_value())
        << depth;
  }
  EXPECT_TRUE(Value::parse(nested(128)));
  EXPECT_FALSE(Value::parse(nested(129)));
}

TEST(Value, TellsWhatItIs) {
  const auto cid = Cid::parse("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");
  const Data data = object({{"null", nullptr},
                            {"yes", true},
                            {"negative", -7},
                            {"large", UINT64_MAX},
                            {"text", "ä"},
                            {"bytes", Bytes{1, 2}},
                            {"link", *cid},
                            {"list", array({1, "two"})},
                            {"object", object({{"a", 1}})}});
  const Value value = data.value();
  ASSERT_TRUE(value.is_object());
  EXPECT_EQ(value.size(), 9U);
  EXPECT_TRUE(value["null"]->is_null());
  EXPECT_EQ(value["yes"]->boolean(), true);
  EXPECT_EQ(value["negative"]->integer(), -7);
  EXPECT_EQ(value["negative"]->unsigned_integer(), std::nullopt);
  EXPECT_EQ(value["large"]->integer(), std::nullopt);
  EXPECT_EQ(value["large"]->unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(value["text"]->text(), "ä");
  EXPECT_EQ(value["text"]->integer(), std::nullopt);
  EXPECT_EQ(value["link"]->link(), cid);
  EXPECT_EQ(value["list"]->size(), 2U);
  EXPECT_EQ(value["object"].value()["a"]->integer(), 1);
  EXPECT_FALSE(value["missing"]);
  EXPECT_FALSE(value["list"].value()["a"]);
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value::parse(Bytes{0x61, 0xff})->text(), std::nullopt) << "no UTF-8";
  EXPECT_EQ(to_json(value),
            "{\"yes\":true,\"link\":{\"$link\":\"" + cid->text() +
                "\"},\"list\":[1,\"two\"],\"null\":null,\"text\":\"ä\",\"bytes\":{\"$bytes\":"
                "\"AQI\"},\"large\":18446744073709551615,\"object\":{\"a\":1},\"negative\":-7}");
}

TEST(Value, AVisitorThatReturnsFalseEndsTheWalk) {
  const Data list = array({1, 2, 3});
  int seen = 0;
  list.value().for_each_item([&seen](const Value& item) {
    ++seen;
    return item.integer() != 2;
  });
  EXPECT_EQ(seen, 2);
}

TEST(Record, IsACopyOfAValue) {
  Record record;
  EXPECT_TRUE(record.value().is_null());
  {
    const Data data = object({{"a", "text"}});
    record = Record(data.value());
  }
  EXPECT_EQ(record.value()["a"]->text(), "text");
  EXPECT_EQ(to_json(record), "{\"a\":\"text\"}");
}

}  // namespace
}  // namespace refold
