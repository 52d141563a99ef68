#include "core/atproto/syntax.h"

#include <gtest/gtest.h>

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 with sanitizers finds a moved std::function inside <regex> uninitialised; it is not.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

#include "core/atproto/cid.h"
#include "tests/atproto/random_record.h"
#include "tests/atproto/test_data.h"

namespace refold::atproto {
namespace {

using Validator = bool (*)(std::string_view) noexcept;

bool valid_at_identifier(std::string_view text) noexcept {
  return valid_did(text) || valid_handle(text);
}

struct Kind {
  const char* name;
  Validator valid;
  std::size_t vectors_min;  ///< of each file: an empty file must not pass
};

class SyntaxVectors : public ::testing::TestWithParam<Kind> {};

TEST_P(SyntaxVectors, AreAllDecidedAsTheySay) {
  const auto folder = test::data_folder() / "atproto-interop" / "syntax";
  REFOLD_NEEDS_DATA(folder);
  const std::string name = GetParam().name;
  const auto valid = test::vectors_of(folder / (name + "_syntax_valid.txt"));
  const auto invalid = test::vectors_of(folder / (name + "_syntax_invalid.txt"));
  ASSERT_GE(valid.size(), GetParam().vectors_min);
  ASSERT_GE(invalid.size(), GetParam().vectors_min);
  for (const auto& text : valid) EXPECT_TRUE(GetParam().valid(text)) << text;
  for (const auto& text : invalid) EXPECT_FALSE(GetParam().valid(text)) << text;
}

INSTANTIATE_TEST_SUITE_P(Interop, SyntaxVectors,
                         ::testing::Values(Kind{"did", valid_did, 15}, Kind{"nsid", valid_nsid, 20},
                                           Kind{"recordkey", valid_record_key, 10},
                                           Kind{"handle", valid_handle, 30},
                                           Kind{"aturi", valid_at_uri, 20},
                                           Kind{"atidentifier", valid_at_identifier, 10},
                                           Kind{"cid", valid_cid_syntax, 7},
                                           Kind{"uri", valid_uri, 8},
                                           Kind{"language", valid_language, 7}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(Language, ARepeatedVariantOrSingletonIsRefused) {
  const auto file =
      test::data_folder() / "atproto-interop" / "syntax" / "language_parse_invalid.txt";
  REFOLD_NEEDS_DATA(file);
  for (const auto& text : test::vectors_of(file)) EXPECT_FALSE(valid_language(text)) << text;
}

/// The regular expressions of the specifications, slow and by the letter.
struct Law {
  Validator valid;
  std::regex pattern;
  std::size_t length_max;
  std::vector<std::string> seeds;
};

std::vector<Law> laws() {
  return {
      {valid_did,
       std::regex("did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]"),
       did_length_max,
       {"did:plc:6jlqryvvk2fvjkmccgifkff5", "did:web:a.b%3A1"}},
      {valid_nsid,
       std::regex(
           "[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-"
           "9])?)+(\\.[a-zA-Z]([a-zA-Z0-9]{0,62})?)"),
       nsid_length_max,
       {"app.bsky.feed.like", "a-0.b-1.c",
        "com." + std::string(63, 'o') + "." + std::string(63, 'o')}},
      {valid_record_key,
       std::regex("(?!\\.\\.?$)[a-zA-Z0-9_~.:-]{1,512}"),
       record_key_length_max,
       {"3n2v6nxo6yc2y", "self", "..", "...", std::string(512, 'k')}},
      {valid_handle,
       std::regex(
           "([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-"
           "Z0-9])?"),
       handle_length_max,
       {"alice.test", "a-b.c1.d", std::string(63, 'h') + ".test"}},
      {valid_cid_syntax,
       std::regex("(?!Qmb)[a-zA-Z0-9+=]{8,256}"),
       cid_syntax_length_max,
       {"bafyreiclp443lavogvhj", "Qmbaaaaaaaa", "zdj7WWeQ"}},
  };
}

TEST(Syntax, TheFastValidatorsAgreeWithTheSpecificationsExpressions) {
  test::RandomRecord random(8);
  constexpr std::string_view characters = "aZ09.-_:~%/@+= \n\x80";
  for (const Law& law : laws()) {
    int valid = 0;
    for (const std::string& seed : law.seeds) {
      for (int i = 0; i < 3'000; ++i) {
        std::string text = seed;
        for (std::size_t edits = random.below(4); edits > 0; --edits) {
          const std::size_t at = random.below(text.size() + 1);
          const char character = characters[random.below(characters.size())];
          if (random.below(3) == 0)
            text.insert(at, 1, character);
          else if (at < text.size() && random.below(2) == 0)
            text.erase(at, 1);
          else if (at < text.size())
            text[at] = character;
        }
        const bool expected = text.size() <= law.length_max && std::regex_match(text, law.pattern);
        ASSERT_EQ(law.valid(text), expected) << text;
        valid += expected ? 1 : 0;
      }
    }
    EXPECT_GT(valid, 300);
  }
}

TEST(Syntax, LengthsEndWhereTheConstantsSay) {
  EXPECT_TRUE(valid_did("did:x:" + std::string(did_length_max - 6, 'a')));
  EXPECT_FALSE(valid_did("did:x:" + std::string(did_length_max - 5, 'a')));
  EXPECT_TRUE(valid_record_key(std::string(record_key_length_max, 'a')));
  EXPECT_FALSE(valid_record_key(std::string(record_key_length_max + 1, 'a')));
  std::string nsid = "a";
  while (nsid.size() + 2 < nsid_length_max) nsid += ".b";
  nsid.resize(nsid_length_max - 2);
  if (nsid.back() == '.') nsid.back() = 'b';
  EXPECT_TRUE(valid_nsid(nsid + ".n"));
  EXPECT_FALSE(valid_nsid(nsid + ".nn"));
}

TEST(AtUri, IsSplitIntoItsParts) {
  const auto parts =
      split_at_uri("at://did:plc:6jlqryvvk2fvjkmccgifkff5/app.bsky.feed.post/3n2v6nxo6yc2y");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->did, "did:plc:6jlqryvvk2fvjkmccgifkff5");
  EXPECT_EQ(parts->collection, "app.bsky.feed.post");
  EXPECT_EQ(parts->rkey, "3n2v6nxo6yc2y");
  EXPECT_EQ(split_at_uri("at://did:plc:abc")->collection, "");
  EXPECT_EQ(split_at_uri("at://did:plc:abc/com.example.thing")->rkey, "");
}

TEST(AtUri, WithAHandleIsValidButNotSplit) {
  EXPECT_TRUE(valid_at_uri("at://alice.test/com.example.thing/1"));
  EXPECT_FALSE(split_at_uri("at://alice.test/com.example.thing/1"));
}

TEST(AtUri, WhatIsNotValidIsNotSplit) {
  const auto folder = test::data_folder() / "atproto-interop" / "syntax";
  REFOLD_NEEDS_DATA(folder);
  for (const auto& text : test::vectors_of(folder / "aturi_syntax_invalid.txt")) {
    EXPECT_FALSE(split_at_uri(text)) << text;
  }
}

TEST(Cid, EveryCidOfOursHasValidSyntax) {
  test::RandomRecord random(9);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(valid_cid_syntax(to_text(random.cid())));
}

}  // namespace
}  // namespace refold::atproto
