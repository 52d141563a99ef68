#include "core/atproto/base64.h"

#include <gtest/gtest.h>

#include <cctype>

#include "tests/atproto/random_record.h"

namespace refold::atproto {
namespace {

std::string text_of_bytes(ByteView bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

TEST(Base64, TheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, padded] : vectors) {
    std::string unpadded = padded;
    while (!unpadded.empty() && unpadded.back() == '=') unpadded.pop_back();
    EXPECT_EQ(text_of_bytes(bytes_of(plain)), unpadded);
    for (const std::string& text : {std::string(padded), unpadded}) {
      Bytes bytes;
      EXPECT_TRUE(read_base64(text, bytes)) << text;
      EXPECT_EQ(text_of(bytes), plain);
      EXPECT_EQ(base64_bytes(text), std::string_view(plain).size());
    }
  }
}

TEST(Base64, AnyBytesAreReadBack) {
  test::RandomRecord random(3);
  for (std::size_t size = 0; size < 300; ++size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
    const std::string text = text_of_bytes(bytes);
    EXPECT_EQ(text.size(), base64_length(size));
    Bytes back;
    ASSERT_TRUE(read_base64(text, back));
    ASSERT_EQ(back, bytes);
  }
}

TEST(Base64, EveryByteOutsideTheAlphabetIsRefusedInEveryPlace) {
  constexpr std::string_view others = "+/";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char character = static_cast<char>(byte);
    const bool allowed = byte < 0x80 && (std::isalnum(static_cast<int>(byte)) != 0 ||
                                         others.find(character) != others.npos);
    for (std::size_t at = 0; at < 6; ++at) {  // the 7th would have trailing bits
      std::string text = "AAAAAAA";
      text[at] = character;
      Bytes out = {7};
      ASSERT_EQ(read_base64(text, out), allowed) << byte << " " << at;
      if (!allowed) {
        ASSERT_EQ(out, Bytes{7});
      }
    }
  }
}

TEST(Base64, PaddingIsCompleteOrAbsent) {
  Bytes out;
  for (const char* text :
       {"Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=", "====", "A===", "Z=g="}) {
    EXPECT_FALSE(read_base64(text, out)) << text;
  }
}

TEST(Base64, TrailingBitsMustBeZero) {
  Bytes out;
  EXPECT_FALSE(read_base64("Zh", out));
  EXPECT_FALSE(read_base64("Zh==", out));
  EXPECT_FALSE(read_base64("Zm9", out));
  EXPECT_FALSE(read_base64("Z", out));
  EXPECT_TRUE(read_base64("Zg", out));
}

}  // namespace
}  // namespace refold::atproto
