#include "core/atproto/cbor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/atproto/random_record.h"
#include "tests/atproto/test_data.h"

namespace refold::atproto::cbor {
namespace {

using test::from_hex;
using ::testing::HasSubstr;

const std::string cid_hex =
    "0171122065062a5a5a00fc16d73c6944237ccbc15b1c4a72344893368 91d09174 1a239d0";

std::string broken(std::string_view bytes, Limits limits = {}) {
  const Result<void> result = validate(from_hex(bytes), limits);
  return result.has_error() ? result.error().message : "valid";
}

/// Reads a whole value and writes it again.
Bytes written_again(ByteView bytes) {
  Bytes out;
  Reader reader(bytes);
  Writer writer(out);
  struct Open {
    std::uint64_t left;
    bool is_map;
  };
  std::vector<Open> open;
  for (Item item; reader.next(item);) {
    const bool is_key = !open.empty() && open.back().is_map && open.back().left % 2 == 0;
    if (!open.empty()) --open.back().left;
    if (is_key) {
      writer.key(item.text());
      continue;
    }
    switch (item.type) {
      case Type::unsigned_integer: writer.unsigned_integer(item.value); break;
      case Type::negative_integer: writer.integer(item.signed_value()); break;
      case Type::bytes: writer.bytes(item.view); break;
      case Type::text: writer.text(item.text()); break;
      case Type::link: writer.link(item.link()); break;
      case Type::boolean: writer.boolean(item.value != 0); break;
      case Type::null: writer.null(); break;
      case Type::array:
        writer.array(item.value);
        open.push_back({item.value, false});
        break;
      case Type::map:
        writer.map(item.value);
        open.push_back({item.value * 2, true});
        break;
    }
    while (!open.empty() && open.back().left == 0) open.pop_back();
  }
  EXPECT_TRUE(reader.finished());
  EXPECT_TRUE(writer.finished());
  return out;
}

TEST(Cbor, WhatIsValidIsValid) {
  for (const char* bytes : {"00",
                            "17",
                            "1818",
                            "18ff",
                            "190100",
                            "19ffff",
                            "1a00010000",
                            "1affffffff",
                            "1b0000000100000000",
                            "1bffffffffffffffff",
                            "20",
                            "37",
                            "3818",
                            "3b7fffffffffffffff",
                            "40",
                            "60",
                            "80",
                            "a0",
                            "f4",
                            "f5",
                            "f6",
                            "a2 6162 00 626161 01",
                            "a2 6161 00 6162 01",
                            "82a080",
                            "64f09f9880",
                            "6100",
                            "63e280a8"}) {
    EXPECT_EQ(broken(bytes), "valid") << bytes;
    EXPECT_EQ(written_again(from_hex(bytes)), from_hex(bytes)) << bytes;
  }
  const std::string link = "d82a582500" + cid_hex;
  EXPECT_EQ(broken(link), "valid");
  EXPECT_EQ(written_again(from_hex(link)), from_hex(link));
}

TEST(Cbor, IntegersAndLengthsHaveTheirShortestForm) {
  EXPECT_EQ(broken("83 01 02 1817"), "byte 3: integer 23 is not in its shortest form");
  for (const char* bytes :
       {"1800", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "3900ff"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("shortest form")) << bytes;
  }
  for (const char* bytes : {"5800", "780161", "9800", "b800", "d9002a40", "a1 7801 61 00"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("length or tag")) << bytes;
  }
}

TEST(Cbor, IntegersGoFromMinus2To63UpTo2To64) {
  Item item;
  const Bytes bytes = from_hex("3b7fffffffffffffff");
  Reader reader(bytes);
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.signed_value(), INT64_MIN);
  EXPECT_EQ(broken("3b8000000000000000"), "byte 0: integer -1-9223372036854775808 is below -2^63");
}

TEST(Cbor, LengthsAreDefinite) {
  for (const char* bytes : {"5f", "7f", "9f", "bf", "ff", "5f40ff", "1f", "3f", "df"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("byte 0: indefinite length")) << bytes;
  }
  for (const char* bytes : {"1c", "3d", "5e", "7c", "9d", "be", "dc", "fc"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("is reserved")) << bytes;
  }
}

TEST(Cbor, FloatsAndOtherSimpleValuesAreRefused) {
  for (const char* bytes : {"f90000", "fa00000000", "fb3ff0000000000000", "f97e00"}) {
    EXPECT_EQ(broken(bytes), "byte 0: floating point numbers are not allowed") << bytes;
  }
  EXPECT_EQ(broken("81f7"),
            "byte 1: simple value 23 (undefined) is not allowed; only false, true and null are");
  EXPECT_THAT(broken("e0"), HasSubstr("simple value 0 "));
  EXPECT_THAT(broken("f818"), HasSubstr("simple value 24 "));
  EXPECT_THAT(broken("f8"), HasSubstr("the input ends"));
}

TEST(Cbor, KeysAreTextsInOrderAndOnce) {
  EXPECT_EQ(broken("a2 6162 00 6161 01"),
            "byte 4: key \"a\" is out of order (shorter first, then bytewise)");
  EXPECT_THAT(broken("a2 626161 00 6162 01"), HasSubstr("key \"b\" is out of order"));
  EXPECT_EQ(broken("a2 6161 00 6161 01"), "byte 4: key \"a\" occurs twice");
  EXPECT_THAT(broken("a2 60 00 60 00"), HasSubstr("key \"\" occurs twice"));
  EXPECT_EQ(broken("a1 01 00"), "byte 1: a map key must be a text (found head 0x01)");
  EXPECT_THAT(broken("a1 4161 00"), HasSubstr("a map key must be a text"));
  EXPECT_EQ(broken("a2 6161 a1 617a 00 6162 01"), "valid");  // an inner map has its own order
}

TEST(Cbor, TheOnlyTagIsALink) {
  EXPECT_EQ(broken("c001"), "byte 0: tag 0 is not allowed; only 42 (a link) is");
  EXPECT_THAT(broken("d82b00"), HasSubstr("tag 43"));
  const std::string rule = "the link is not a zero byte";
  EXPECT_THAT(broken("d82a582501" + cid_hex), HasSubstr(rule));
  EXPECT_THAT(broken("d82a582500"
                     "0170" +
                     cid_hex.substr(4)),
              HasSubstr(rule));  // dag-pb
  EXPECT_THAT(broken("d82a582500"
                     "0171"
                     "13" +
                     cid_hex.substr(6)),
              HasSubstr(rule));  // sha-512
  EXPECT_THAT(broken("d82a582500"
                     "0071" +
                     cid_hex.substr(4)),
              HasSubstr(rule));
  EXPECT_THAT(broken("d82a782500" + cid_hex), HasSubstr(rule));  // a text
  EXPECT_THAT(broken("d82a582400" + cid_hex), HasSubstr(rule));
  EXPECT_THAT(broken("d82a5825"), HasSubstr("the input ends"));
}

TEST(Cbor, TextIsUtf8) {
  for (const char* bytes :
       {"6180", "62c080", "63eda080", "64f4908080", "61ff", "62c328", "69 6161616161616161 80"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("is not valid UTF-8")) << bytes;
  }
  EXPECT_EQ(broken("a1 61ff 00"), "byte 1: text \"\\xff\" is not valid UTF-8");
}

TEST(Cbor, NothingFollowsTheValue) {
  EXPECT_EQ(broken("a0 00 00"), "byte 1: 2 more bytes follow the value");
  EXPECT_EQ(broken(""),
            "byte 0: the input ends inside the value (at least 1 more bytes are needed)");
}

TEST(Cbor, NoCountPromisesMoreThanTheInputHolds) {
  for (const char* bytes :
       {"9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7b7fffffffffffffff",
        "bb8000000000000000", "9a00ffffff00", "8200", "a16161"}) {
    EXPECT_THAT(broken(bytes), HasSubstr("the input ends")) << bytes;
  }
}

TEST(Cbor, NestingEndsAtTheLimit) {
  const auto nested = [](std::size_t levels, std::uint8_t head) {
    Bytes bytes(levels, head);
    bytes.back() = static_cast<std::uint8_t>(head & 0xf0);
    return bytes;
  };
  EXPECT_TRUE(validate(nested(depth_max, 0x81)));
  const Result<void> deeper = validate(nested(depth_max + 1, 0x81));
  ASSERT_TRUE(deeper.has_error());
  EXPECT_EQ(deeper.error().code, Errc::too_large);
  EXPECT_EQ(deeper.error().message, "byte 128: nested deeper than 128 levels");
  EXPECT_FALSE(validate(nested(1'000'000, 0x81)));
  EXPECT_EQ(broken("818180", {.depth_max = 2}), "byte 2: nested deeper than 2 levels");
}

TEST(Cbor, ARecordOfAMebibyteIsFineAndOneOfTwoIsNot) {
  const auto of_size = [](std::size_t size) {
    Bytes bytes;
    Writer(bytes).bytes(Bytes(size - 5));
    return bytes;
  };
  EXPECT_TRUE(validate(of_size(1'000'000)));
  EXPECT_TRUE(validate(of_size(std::size_t{1} << 20)));
  const Result<void> over = validate(of_size(std::size_t{2} << 20));
  ASSERT_TRUE(over.has_error());
  EXPECT_EQ(over.error().code, Errc::too_large);
  EXPECT_EQ(over.error().message, "the value has 2097152 bytes; the limit is 1048576");
}

TEST(CborReader, TwoValuesInARowAreReadOneAfterTheOther) {
  const Bytes frame = from_hex("a1 6161 01 82 02 03");
  Reader header(frame);
  ASSERT_TRUE(header.skip());
  ASSERT_TRUE(header.finished());
  EXPECT_EQ(header.rest().size(), 3U);
  Reader payload(header.rest());
  Item item;
  ASSERT_TRUE(payload.next(item));
  EXPECT_EQ(item.type, Type::array);
  EXPECT_EQ(item.value, 2U);
}

TEST(CborReader, SkipPassesOverWholeValues) {
  const Bytes bytes = from_hex("85 01 a1 6161 82 80 a0 03 80 63616263");
  Reader reader(bytes);
  Item item;
  ASSERT_TRUE(reader.next(item));
  EXPECT_TRUE(reader.skip());  // 1
  EXPECT_TRUE(reader.skip());  // the map
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.value, 3U);
  EXPECT_TRUE(reader.skip());  // the empty array
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item.text(), "abc");
  EXPECT_TRUE(reader.finished());
  EXPECT_FALSE(reader.next(item));
  EXPECT_FALSE(reader.failed());
}

TEST(CborReader, AValueOverItsByteLimitIsTooLargeNotCutOff) {
  const Bytes bytes = from_hex("82 63616263 00");
  Reader limited(bytes, {.bytes_max = 4});
  EXPECT_FALSE(limited.skip());
  EXPECT_EQ(limited.rule(), Rule::size);
  EXPECT_EQ(limited.error().code, Errc::too_large);
}

TEST(CborProperty, ARandomRecordIsValidAndIsWrittenAgainTheSame) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const Bytes record = test::RandomRecord(seed).make();
    const Result<void> valid = validate(record);
    ASSERT_TRUE(valid) << valid.error().message;
    ASSERT_EQ(written_again(record), record);
  }
}

TEST(CborProperty, ATruncatedRecordIsNeverValid) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Bytes record = test::RandomRecord(seed).make();
    for (std::size_t size = 0; size < record.size(); ++size) {
      const Bytes cut(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_FALSE(validate(cut)) << seed << " " << size;
    }
  }
}

TEST(CborProperty, WhateverValidatesIsWrittenAgainTheSameHoweverItWasBroken) {
  int still_valid = 0;
  for (std::uint64_t seed = 0; seed < 40'000; ++seed) {
    test::RandomRecord random(seed);
    Bytes record = random.make();
    for (std::size_t flips = 1 + random.below(3); flips > 0; --flips) {
      record[random.below(record.size())] = static_cast<std::uint8_t>(random.below(256));
    }
    if (!validate(record)) continue;
    ++still_valid;
    ASSERT_EQ(written_again(record), record) << hex(record);
  }
  EXPECT_GT(still_valid, 1'000);  // the loop did test something
}

TEST(CborWriterDeathTest, MisuseEndsTheProcessWithAWord) {
  EXPECT_DEATH(
      {
        Bytes out;
        Writer writer(out);
        writer.map(2);
        writer.key("b");
        writer.null();
        writer.key("a");
      },
      "out of order");
  EXPECT_DEATH(
      {
        Bytes out;
        Writer writer(out);
        writer.map(1);
        writer.null();
      },
      "without its key");
  EXPECT_DEATH(
      {
        Bytes out;
        Writer writer(out);
        writer.null();
        writer.null();
      },
      "second value");
  EXPECT_DEATH(
      {
        Bytes out;
        Writer writer(out);
        writer.array(1);
        writer.key("a");
      },
      "in place of a value");
}

TEST(Cbor, KeysAreOrderedByLengthFirst) {
  EXPECT_TRUE(canonical_key_less("b", "aa"));
  EXPECT_TRUE(canonical_key_less("a", "b"));
  EXPECT_FALSE(canonical_key_less("a", "a"));
  EXPECT_TRUE(canonical_key_less("z", "\xc3\xa9"));
  EXPECT_TRUE(canonical_key_less("az", "\xc3\xa9"));  // bytes are unsigned
}

}  // namespace
}  // namespace refold::atproto::cbor
