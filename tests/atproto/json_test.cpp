#include "core/atproto/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/atproto/cbor.h"
#include "tests/atproto/random_record.h"
#include "tests/atproto/test_data.h"

namespace refold::atproto {
namespace {

using test::from_hex;
using ::testing::HasSubstr;

const std::string link = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

/// What becomes of a value in a record, there and back: {"v":VALUE}, or the error.
std::string round_trip(const std::string& value) {
  const Result<Bytes> cbor = cbor_from_json(R"({"v":)" + value + "}");
  if (cbor.has_error()) return cbor.error().message;
  const Result<std::string> json = json_from_cbor(*cbor);
  if (json.has_error()) return json.error().message;
  return json->substr(5, json->size() - 6);
}

std::string refused(const std::string& text) {
  const Result<Bytes> cbor = cbor_from_json(text);
  return cbor.has_error() ? cbor.error().message : "accepted: " + hex(*cbor);
}

TEST(JsonNumbers, IntegersInAnyNotationAreIntegers) {
  EXPECT_EQ(round_trip("123"), "123");
  EXPECT_EQ(round_trip("123.0"), "123");
  EXPECT_EQ(round_trip("1e2"), "100");
  EXPECT_EQ(round_trip("1.5e1"), "15");
  EXPECT_EQ(round_trip("-0"), "0");
  EXPECT_EQ(round_trip("-0.0"), "0");
  EXPECT_EQ(round_trip("-12.0"), "-12");
}

TEST(JsonNumbers, IntegersBeyond2To53AreExactUpTo64Bits) {
  for (const char* number : {"9007199254740991", "9007199254740992", "9007199254740993",
                             "-9007199254740993", "9223372036854775807", "9223372036854775808",
                             "18446744073709551615", "-9223372036854775808"}) {
    EXPECT_EQ(round_trip(number), number);
  }
  EXPECT_THAT(round_trip("18446744073709551616"), HasSubstr("not JSON"));
  EXPECT_THAT(round_trip("-9223372036854775809"), HasSubstr("not JSON"));
}

TEST(JsonNumbers, AFloatIsAnIntegerOnlyWhereItIsExact) {
  EXPECT_EQ(round_trip("9007199254740992.0"), "9007199254740992");
  EXPECT_THAT(round_trip("9007199254740994.0"), HasSubstr("v: an integer beyond 2^53"));
  EXPECT_THAT(round_trip("1e300"), HasSubstr("v: an integer beyond 2^53"));
  EXPECT_THAT(round_trip("1.5"), HasSubstr("v: number 1.5"));
  EXPECT_THAT(round_trip("1e-2"), HasSubstr("is not an integer"));
  EXPECT_THAT(round_trip("1e999"), HasSubstr("not JSON"));
  for (const char* word : {"NaN", "Infinity", "-Infinity", "+1", "01", ".5", "0x10"}) {
    EXPECT_THAT(round_trip(word), HasSubstr("not JSON")) << word;
  }
}

TEST(JsonObjects, KeysAreSortedByLengthThenBytes) {
  EXPECT_EQ(hex(*cbor_from_json(R"({"b":1,"aa":2,"a":3,"":4})")), "a4600461610361620162616102");
}

TEST(JsonObjects, AKeyThatOccursTwiceIsRefused) {
  EXPECT_EQ(refused(R"({"a":{"b":1,"c":2,"b":1}})"), "a: key \"b\" occurs twice");
  EXPECT_THAT(refused(R"({"a":1,"\u0061":2})"), HasSubstr("occurs twice"));
  EXPECT_THAT(refused(R"({"a":{"$link":")" + link + R"(","$link":")" + link + R"("}})"),
              HasSubstr("occurs twice"));
}

TEST(JsonText, NulAndLineSeparatorsAndByteOrderMarksAreText) {
  EXPECT_EQ(round_trip(R"("a\u0000b")"), R"("a\u0000b")");
  EXPECT_EQ(round_trip("\"\u2028\u2029\xef\xbb\xbf\""), "\"\u2028\u2029\xef\xbb\xbf\"");
  EXPECT_EQ(round_trip(R"("\u2028")"), "\"\u2028\"");
  EXPECT_EQ(round_trip(R"("\ud83d\ude00\/\"\\\b\f\n\r\t\u001f\u007f")"),
            "\"\xf0\x9f\x98\x80/\\\"\\\\\\b\\f\\n\\r\\t\\u001f\x7f\"");
}

TEST(JsonText, EachByteIsEscapedWhereverItStandsInALongText) {
  for (int byte = 1; byte < 0x80; ++byte) {
    for (std::size_t at = 0; at < 20; ++at) {
      Bytes record;
      cbor::Writer writer(record);
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      writer.map(1);
      writer.key("v");
      writer.text(text);
      ASSERT_EQ(*cbor_from_json(*json_from_cbor(record)), record) << byte << " " << at;
    }
  }
}

TEST(JsonText, HalfASurrogatePairIsRefused) {
  for (const char* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")",
                           R"("\ude00\ud83d")", R"("a\udfff")", R"("\ud83d\ud83d")"}) {
    EXPECT_FALSE(cbor_from_json(std::string(R"({"v":)") + text + "}")) << text;
    EXPECT_FALSE(cbor_from_json(std::string("{") + text + ":1}")) << text;
  }
}

TEST(JsonText, InvalidUtf8AndRawControlCharactersAreRefused) {
  for (const char* text : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\n\"", "\"\x01\""}) {
    EXPECT_THAT(round_trip(text), HasSubstr("not JSON"));
  }
}

TEST(JsonBytes, PaddedAndUnpaddedAreTheSameBytes) {
  for (const char* text : {"aGk", "aGk="}) {
    EXPECT_EQ(hex(*cbor_from_json(std::string(R"({"v":{"$bytes":")") + text + "\"}}")),
              "a16176426869");
    EXPECT_EQ(round_trip(std::string(R"({"$bytes":")") + text + "\"}"), R"({"$bytes":"aGk"})");
  }
  EXPECT_EQ(round_trip(R"({"$bytes":""})"), R"({"$bytes":""})");
  EXPECT_THAT(round_trip(R"({"$bytes":"aGk=="})"), HasSubstr("v.$bytes: \"aGk==\" is not base64"));
  EXPECT_THAT(round_trip(R"({"$bytes":"a-_k"})"), HasSubstr("is not base64"));
  EXPECT_THAT(round_trip(R"({"$bytes":null})"), HasSubstr("v.$bytes: the value is not a text"));
}

TEST(JsonLinks, OnlyACidOfTheProtocolIsALink) {
  EXPECT_EQ(round_trip(R"({"$link":")" + link + "\"}"), R"({"$link":")" + link + "\"}");
  for (const char* cid : {"", ".", "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR",
                          "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
                          "zdj7WWeQ43G6JJvLWQWZpyHuAMq6uYWRjkBXFad11vE2LHhQ7"}) {
    EXPECT_THAT(round_trip(std::string(R"({"$link":")") + cid + "\"}"),
                HasSubstr("v.$link: \"" + std::string(cid) + "\" is not a CID"));
  }
}

TEST(JsonLinks, NothingStandsBesideLinkOrBytes) {
  for (const std::string& object :
       {R"({"$link":")" + link + R"(","x":1})", R"({"x":1,"$link":")" + link + "\"}",
        std::string(R"({"$bytes":"aGk","x":1})"), std::string(R"({"$bytes":"aGk","$type":"a"})")}) {
    EXPECT_THAT(round_trip(object), HasSubstr("v: \"$link\" and \"$bytes\" may have no other key"));
  }
}

TEST(JsonBlobs, TheOldAndTheNewFormPassUntouched) {
  const std::string old_form = R"({"cid":")" + link + R"(","mimeType":"image/jpeg"})";
  const std::string new_form =
      R"({"ref":{"$link":")" + link + R"("},"size":10000,"$type":"blob","mimeType":"image/jpeg"})";
  EXPECT_EQ(round_trip(old_form), old_form);
  EXPECT_EQ(round_trip(new_form), new_form);
  EXPECT_THAT(round_trip(R"({"$type":"blob","mimeType":"a/b","size":1})"),
              HasSubstr("v: a blob needs a \"ref\""));
  EXPECT_THAT(round_trip(R"({"$type":"blob","ref":{"$link":")" + link + R"("},"size":1})"),
              HasSubstr("\"mimeType\""));
  EXPECT_THAT(round_trip(R"({"$type":"blob","ref":{"$link":")" + link +
                         R"("},"mimeType":"a/b","size":"1"})"),
              HasSubstr("\"size\""));
  EXPECT_THAT(round_trip(R"({"$type":"blob","ref":{"$bytes":"aGk"},"mimeType":"a/b","size":1})"),
              HasSubstr("\"ref\""));
}

TEST(JsonRecords, AreObjectsAndNothingElse) {
  for (const std::string& text :
       {std::string("[]"), std::string("1"), std::string("\"a\""), std::string("null"),
        R"({"$link":")" + link + "\"}", std::string(R"({"$bytes":"aGk"})")}) {
    EXPECT_THAT(refused(text), HasSubstr("a record must be an object")) << text;
  }
  for (const char* text :
       {"", " ", "{", "{}{}", "{} x", "{'a':1}", "{\"a\":1,}", "\xef\xbb\xbf{}"}) {
    EXPECT_FALSE(cbor_from_json(text)) << text;
  }
  EXPECT_EQ(hex(*cbor_from_json(" {} ")), "a0");
  EXPECT_EQ(json_from_cbor(Bytes{0x80}).error().message, "byte 0: a record must be a map");
}

TEST(JsonLimits, NestingEndsAtTheSameDepthInBothDirections) {
  const auto nested = [](std::size_t levels) {
    return R"({"a":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  const Result<Bytes> deepest = cbor_from_json(nested(cbor::depth_max));
  ASSERT_TRUE(deepest) << deepest.error().message;
  EXPECT_EQ(*json_from_cbor(*deepest), nested(cbor::depth_max));
  EXPECT_THAT(refused(nested(cbor::depth_max + 1)), HasSubstr("nested deeper than 128 levels"));
  for (const std::size_t levels : {1'000, 1'100, 100'000}) {
    const Result<Bytes> deep = cbor_from_json(nested(levels));
    ASSERT_TRUE(deep.has_error());
    EXPECT_EQ(deep.error().code, Errc::too_large);
  }
}

TEST(JsonLimits, ARecordOfAMebibyteIsFineAndOneOfTwoIsRefusedWithItsSize) {
  const auto record = [](std::size_t size) {  // a map head, a key, a text head of 5
    return R"({"a":")" + std::string(size - 8, 'x') + "\"}";
  };
  for (const std::size_t size : {std::size_t{1'000'000}, std::size_t{1} << 20}) {
    const Result<Bytes> cbor = cbor_from_json(record(size));
    ASSERT_TRUE(cbor) << cbor.error().message;
    EXPECT_EQ(cbor->size(), size);
    EXPECT_EQ(*json_from_cbor(*cbor), record(size));
  }
  const Result<Bytes> over = cbor_from_json(record((std::size_t{1} << 20) + 1));
  ASSERT_TRUE(over.has_error());
  EXPECT_EQ(over.error().code, Errc::too_large);
  EXPECT_EQ(over.error().message, "the record has 1048577 bytes as DAG-CBOR; the limit is 1048576");
  EXPECT_FALSE(cbor_from_json(record(std::size_t{2} << 20)));
  EXPECT_THAT(refused(std::string(json_bytes_max + 1, ' ')),
              HasSubstr("8388609 bytes; the limit is 8388608"));
}

TEST(JsonLimits, ALargeRecordLeavesNothingBehindForTheNext) {
  std::string many = "{";
  for (int i = 0; i < 50'000; ++i) many += "\"k" + std::to_string(i) + "\":[],";
  many.back() = '}';
  ASSERT_TRUE(cbor_from_json(many));
  EXPECT_EQ(round_trip("1"), "1");
}

TEST(JsonErrors, NameThePlace) {
  EXPECT_EQ(refused(R"({"embed":{"images":[{"size":1},{"size":1.5}]}})"),
            "embed.images[1].size: number 1.500000 is not an integer");
  EXPECT_THAT(refused(R"({"a b":{"c\n":1.5}})"), HasSubstr("\"a b\".\"c\\x0a\": number"));
  EXPECT_EQ(json_from_cbor(from_hex("a1 6161 a1 65246c696e6b 6161")).error().message,
            "byte 3: \"$link\" and \"$bytes\" may have no other key beside them, and are no names "
            "of fields");
}

TEST(JsonErrors, AFailedAppendLeavesTheOutputAsItWas) {
  std::string out = "before";
  EXPECT_FALSE(append_json(from_hex("a2 6161 00 6162 f7"), out));
  EXPECT_EQ(out, "before");
  EXPECT_TRUE(append_json(from_hex("a0"), out));
  EXPECT_EQ(out, "before{}");
}

TEST(JsonProperty, CborToJsonToCborIsTheSameToTheLastByte) {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    const Bytes record = test::RandomRecord(seed).make();
    const Result<std::string> json = json_from_cbor(record);
    ASSERT_TRUE(json) << json.error().message;
    const Result<Bytes> back = cbor_from_json(*json);
    ASSERT_TRUE(back) << back.error().message << "\n" << *json;
    ASSERT_EQ(*back, record) << *json;
  }
}

TEST(JsonProperty, ExactlyTheValidRecordsHaveAJsonFormHoweverTheyWereBroken) {
  int valid = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    test::RandomRecord random(seed);
    Bytes record = random.make();
    for (std::size_t flips = 1 + random.below(2); flips > 0; --flips) {
      record[random.below(record.size())] = static_cast<std::uint8_t>(random.below(256));
    }
    const Result<std::string> json = json_from_cbor(record);
    ASSERT_EQ(json.has_value(), validate_record(record).has_value());
    if (!json) continue;
    ++valid;
    ASSERT_TRUE(cbor::validate(record));
    ASSERT_EQ(*cbor_from_json(*json), record) << *json;
  }
  EXPECT_GT(valid, 500);  // the loop did test something
}

TEST(JsonProperty, BrokenJsonIsRefusedOrIsSomeOtherRecord) {
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    test::RandomRecord random(seed);
    std::string json = *json_from_cbor(random.make());
    json[random.below(json.size())] = static_cast<char>(random.below(256));
    if (random.below(4) == 0) json.resize(random.below(json.size()));
    const Result<Bytes> record = cbor_from_json(json);
    if (record) {
      ASSERT_TRUE(validate_record(*record)) << json;
    }
  }
}

TEST(JsonThreads, ConversionsDoNotDisturbOneAnother) {
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < 4; ++worker) {
    threads.emplace_back([worker] {
      for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Bytes record = test::RandomRecord(worker * 1'000 + seed).make();
        EXPECT_EQ(*cbor_from_json(*json_from_cbor(record)), record);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace refold::atproto
