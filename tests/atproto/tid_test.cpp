#include "core/atproto/tid.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/atproto/test_data.h"

namespace refold::atproto {
namespace {

constexpr std::string_view alphabet = "234567abcdefghijklmnopqrstuvwxyz";

std::string slow_text(std::uint64_t value) {
  std::string text(13, '2');
  for (std::size_t at = 13; at-- > 0; value >>= 5) text[at] = alphabet[value & 31];
  return text;
}

TEST(Tid, TheFastTextIsTheSlowTextAndIsReadBack) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 50'000; ++i) {
    const Tid tid{(random() >> 1) >> (random() % 63)};
    ASSERT_EQ(to_text(tid), slow_text(tid.value));
    ASSERT_EQ(parse_tid(to_text(tid)), tid);
  }
}

TEST(Tid, ATextHasTheTimeAndTheClock) {
  const std::optional<Tid> tid = parse_tid("3jzfcijpj2z2a");
  ASSERT_TRUE(tid);
  EXPECT_EQ(tid->micros(), 1'688'137'381'887'007U);
  EXPECT_EQ(tid->clock_id(), 6U);
  EXPECT_EQ(make_tid(tid->micros(), tid->clock_id()), *tid);
}

TEST(Tid, ValuesOrderAsTheirTextsDo) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 10'000; ++i) {
    const Tid a{random() >> 1}, b{random() >> 1};
    ASSERT_EQ(a < b, to_text(a) < to_text(b));
  }
}

TEST(Tid, TheTopBitMustBeClear) {
  EXPECT_EQ(parse_tid("bzzzzzzzzzzzz"), Tid{~std::uint64_t{0} >> 1});
  for (const char first : std::string_view("cdefghijklmnopqrstuvwxyz")) {
    EXPECT_FALSE(parse_tid(first + std::string(12, '2'))) << first;
  }
}

TEST(Tid, AnyByteOutsideTheAlphabetIsRefusedInEveryPlace) {
  for (std::size_t at = 0; at < tid_text_length; ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string text(tid_text_length, '3');
      text[at] = static_cast<char>(byte);
      const std::size_t value = alphabet.find(static_cast<char>(byte));
      const bool allowed = value != alphabet.npos && (at > 0 || value < 8);
      ASSERT_EQ(parse_tid(text).has_value(), allowed) << at << " " << byte;
    }
  }
}

TEST(Tid, TheInteroperabilityVectors) {
  const auto folder = test::data_folder() / "atproto-interop" / "syntax";
  REFOLD_NEEDS_DATA(folder);
  for (const auto& text : test::vectors_of(folder / "tid_syntax_valid.txt")) {
    const std::optional<Tid> tid = parse_tid(text);
    ASSERT_TRUE(tid) << text;
    EXPECT_EQ(to_text(*tid), text);
  }
  for (const auto& text : test::vectors_of(folder / "tid_syntax_invalid.txt")) {
    EXPECT_FALSE(parse_tid(text)) << text;
  }
}

}  // namespace
}  // namespace refold::atproto
