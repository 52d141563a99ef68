#include "core/atproto/cid.h"

#include <gtest/gtest.h>

#include "core/atproto/base32.h"
#include "tests/atproto/random_record.h"

namespace refold::atproto {
namespace {

constexpr std::string_view known = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";

/// One bit at a time: what the fast path must agree with.
std::string slow_base32(ByteView bytes) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 5) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 5; ++i) {
      const unsigned one = i / 8 < bytes.size() ? (bytes[i / 8] >> (7 - i % 8)) & 1U : 0;
      value = value << 1 | one;
    }
    text += alphabet[value];
  }
  return text;
}

TEST(Cid, AKnownTextIsReadAndWrittenBack) {
  const Result<Cid> cid = parse_cid(known);
  ASSERT_TRUE(cid) << cid.error().message;
  EXPECT_EQ(cid->codec, Cid::Codec::dag_cbor);
  EXPECT_EQ(hex(ByteView{to_bytes(*cid)}).substr(0, 12), "017112204b7f");
  EXPECT_EQ(to_text(*cid), known);
}

TEST(Cid, TheFastTextIsTheSlowTextAndIsReadBack) {
  test::RandomRecord random(1);
  for (int i = 0; i < 20'000; ++i) {
    const Cid cid = random.cid();
    const std::string text = to_text(cid);
    ASSERT_EQ(text, "b" + slow_base32(ByteView{to_bytes(cid)}));
    Cid back;
    ASSERT_TRUE(read_text(text, back)) << text;
    ASSERT_EQ(back, cid);
  }
}

TEST(Cid, EveryDigestByteReachesTheTextAndComesBack) {
  for (std::size_t at = 0; at < 32; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Cid cid;
      cid.digest[at] = static_cast<std::uint8_t>(1U << bit);
      Cid back;
      ASSERT_TRUE(read_text(to_text(cid), back));
      ASSERT_EQ(back, cid) << at << "." << bit;
    }
  }
}

TEST(Cid, AnyOtherCharacterInAnyPlaceIsRefusedOrIsAnotherCid) {
  const Cid cid = *parse_cid(known);
  for (std::size_t at = 0; at < known.size(); ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string text(known);
      text[at] = static_cast<char>(byte);
      Cid back;
      if (!read_text(text, back)) continue;
      ASSERT_EQ(to_text(back), text) << "not canonical";
      ASSERT_EQ(back == cid, text == known);
    }
  }
}

TEST(Cid, TrailingBitsThatBelongToNoByteMustBeZero) {
  std::string text(known);
  ASSERT_EQ(text.back(), 'q');
  for (const char last : {'r', 's', 't'}) {
    text.back() = last;
    EXPECT_FALSE(parse_cid(text)) << text;
  }
}

TEST(Cid, WhatIsRefusedIsRefusedWithTheReason) {
  const auto reason = [](std::string_view text) { return parse_cid(text).error().message; };
  EXPECT_EQ(reason("bafy"),
            "\"bafy\" is not a CID of the AT Protocol: it has 4 characters, not 59");
  EXPECT_NE(reason("QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR").find("46 char"),
            std::string::npos);
  // dag-pb, as in the syntax vectors: a CID, but none of a record or a blob.
  EXPECT_NE(reason("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi").find("codec"),
            std::string::npos);
  std::string upper(known);
  upper[10] = 'A';
  EXPECT_NE(reason(upper).find("base32"), std::string::npos);
}

TEST(Cid, ARefusedTextLeavesTheResultAlone) {
  Cid cid = *parse_cid(known);
  const Cid before = cid;
  EXPECT_FALSE(read_text("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", cid));
  EXPECT_EQ(cid, before);
}

TEST(Cid, TheBinaryFormIsExactly36BytesWithAKnownHeader) {
  const auto bytes = to_bytes(*parse_cid(known));
  EXPECT_EQ(*decode_cid(bytes), *parse_cid(known));
  EXPECT_FALSE(decode_cid(ByteView{bytes}.first(35)));
  EXPECT_FALSE(decode_cid({}));
  for (std::size_t at = 0; at < 4; ++at) {
    auto broken = bytes;
    broken[at] ^= 0x40;
    EXPECT_FALSE(decode_cid(broken)) << at;
  }
}

TEST(Cid, OfABlockIsItsSha256) {
  EXPECT_EQ(to_text(cid_of(Bytes{0xa0})),
            "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
}

TEST(Base32, AnyLengthIsReadBackAndIsTheSlowText) {
  test::RandomRecord random(2);
  for (std::size_t size = 0; size < 100; ++size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
    const std::string text = to_base32(bytes);
    ASSERT_EQ(text, slow_base32(bytes));
    Bytes back = {1, 2};
    ASSERT_TRUE(read_base32(text, back));
    ASSERT_EQ(Bytes(back.begin() + 2, back.end()), bytes);
  }
}

TEST(Base32, WhatIsNotCanonicalIsRefusedAndLeavesTheOutputAlone) {
  for (const char* text : {"a", "aaa", "aaaaaa", "ab", "A7", "a1", "aa======", "a a", "\xe1\xe1"}) {
    Bytes out = {7};
    EXPECT_FALSE(read_base32(text, out)) << text;
    EXPECT_EQ(out, Bytes{7});
  }
}

TEST(Plc, IdentifiersAreReadAndWrittenBackToTheLastCharacter) {
  constexpr std::string_view text = "6jlqryvvk2fvjkmccgifkff5";
  std::uint8_t bytes[plc_bytes_length];
  ASSERT_TRUE(read_plc(text.data(), bytes));
  char back[plc_text_length];
  write_plc(bytes, back);
  EXPECT_EQ(std::string_view(back, sizeof back), text);
  EXPECT_EQ(slow_base32(ByteView{bytes}), text);
}

TEST(Plc, OneCharacterOutsideTheAlphabetIsRefusedWhereverItIs) {
  const std::string_view good = "6jlqryvvk2fvjkmccgifkff5";
  std::uint8_t bytes[plc_bytes_length];
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string text(good);
      text[at] = static_cast<char>(byte);
      const bool allowed = (byte >= 'a' && byte <= 'z') || (byte >= '2' && byte <= '7');
      ASSERT_EQ(read_plc(text.data(), bytes), allowed) << at << " " << byte;
    }
  }
}

}  // namespace
}  // namespace refold::atproto
