#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <refold/key.hpp>

#include "tests/sdk/scratch.h"

namespace refold {
namespace {

using test::bytes;

template <class Key>
std::string written(const typename detail::KeyForm<Key>::View& key) {
  detail::Buffer buffer;
  detail::write_key<Key>(buffer, key);
  return std::string(detail::text_of(buffer.view()));
}

template <class Key>
bool reads(const std::string& encoded, Key& key) {
  return detail::read_key(detail::bytes_of(std::string_view(encoded)), key);
}

TEST(Key, HasTheBytesThatTheHeaderSays) {
  EXPECT_EQ(written<std::uint32_t>(0x01020304), bytes("\1\2\3\4"));
  EXPECT_EQ(written<std::int16_t>(-1), bytes("\x7f\xff"));
  EXPECT_EQ(written<std::int16_t>(1), bytes("\x80\x01"));
  EXPECT_EQ(written<bool>(true), bytes("\1"));
  EXPECT_EQ(written<std::string>("ab"), bytes("ab\0"));
  EXPECT_EQ(written<std::string>(std::string_view("\0a\1", 3)), bytes("\1\1a\1\2\0"));
  EXPECT_EQ(written<Tid>({0x0102030405060708}), bytes("\1\2\3\4\5\6\7\10"));
  EXPECT_EQ(written<std::optional<bool>>(std::nullopt), bytes("\0"));
  EXPECT_EQ(written<std::optional<bool>>(false), bytes("\1\0"));
  EXPECT_EQ((written<std::tuple<Did, bool>>({"did:x:y", true})), bytes("did:x:y\0\1"));
}

/// Seeded random keys, in which what is hard is likely: equal beginnings, zeros, ones, edges.
class RandomKeys {
 public:
  explicit RandomKeys(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  template <class Integer>
  Integer integer() {
    constexpr Integer least = std::numeric_limits<Integer>::min();
    constexpr Integer most = std::numeric_limits<Integer>::max();
    constexpr Integer edges[] = {least, static_cast<Integer>(least + 1), 0, 1, 0x7f,
                                 most,  static_cast<Integer>(most - 1)};
    return below(2) == 0 ? edges[below(std::size(edges))] : static_cast<Integer>(random_());
  }
  std::string text() {
    constexpr char letters[] = {'\0', '\1', '\2', 'a', '\xff'};
    std::string text;
    for (std::size_t length = below(5); length > 0; --length) text += letters[below(5)];
    return text;
  }

 private:
  std::mt19937_64 random_;
};

template <class Key, class Make>
void expect_order_and_round_trip(Make make) {
  std::vector<std::pair<Key, std::string>> all;
  for (int i = 0; i < 300; ++i) {
    const Key key = make();
    all.emplace_back(key, written<Key>(key));
    Key read{};
    ASSERT_TRUE(reads(all.back().second, read));
    ASSERT_EQ(read, key);
  }
  for (const auto& [a, a_bytes] : all) {
    for (const auto& [b, b_bytes] : all) {
      ASSERT_EQ(a < b, a_bytes < b_bytes);
      ASSERT_EQ(a == b, a_bytes == b_bytes);
    }
  }
}

TEST(Key, BytesAreInTheOrderOfTheValues) {
  RandomKeys random(1);
  expect_order_and_round_trip<std::int8_t>([&] { return random.integer<std::int8_t>(); });
  expect_order_and_round_trip<std::int64_t>([&] { return random.integer<std::int64_t>(); });
  expect_order_and_round_trip<std::uint64_t>([&] { return random.integer<std::uint64_t>(); });
  expect_order_and_round_trip<std::string>([&] { return random.text(); });
  expect_order_and_round_trip<std::optional<std::string>>(
      [&] { return random.below(3) == 0 ? std::nullopt : std::optional(random.text()); });
  expect_order_and_round_trip<std::tuple<std::string, std::int32_t, std::string>>(
      [&] { return std::tuple(random.text(), random.integer<std::int32_t>(), random.text()); });
  expect_order_and_round_trip<
      std::pair<std::optional<std::uint16_t>, std::tuple<std::string, bool>>>([&] {
    return std::pair(
        random.below(3) == 0 ? std::nullopt : std::optional(random.integer<std::uint16_t>()),
        std::tuple(random.text(), random.below(2) == 0));
  });
}

TEST(Key, NoKeyIsAPrefixOfAnother) {
  RandomKeys random(2);
  std::vector<std::string> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(written<std::tuple<std::string, std::string>>(
        std::tuple(std::string_view(random.text()), std::string_view("x"))));
  }
  for (const auto& a : all) {
    for (const auto& b : all) ASSERT_FALSE(a != b && b.starts_with(a));
  }
}

TEST(Key, EveryTypeOfTheVocabularyComesBack) {
  const auto cid = Cid::parse("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");
  ASSERT_TRUE(cid);
  using Key = std::tuple<Did, Nsid, RecordKey, Handle, AtUri, Cid, Time, Tid, Bytes, Kind>;
  const Key key{Did("did:plc:a"),
                Nsid("a.b.c"),
                RecordKey("self"),
                Handle("a.example.com"),
                AtUri("at://did:plc:a/a.b.c/self"),
                *cid,
                Time(std::chrono::microseconds(-5)),
                Tid{7},
                Bytes{0, 1, 2},
                Kind::update};
  Key read;
  ASSERT_TRUE(reads(written<Key>(key), read));
  EXPECT_EQ(read, key);
}

TEST(Key, BytesThatAreNoKeyAreRefused) {
  std::string text;
  std::uint32_t number = 0;
  bool boolean = false;
  std::tuple<std::string, bool> both;
  EXPECT_FALSE(reads("", text));
  EXPECT_FALSE(reads("ab", text)) << "no end";
  EXPECT_FALSE(reads(bytes("ab\0c"), text)) << "bytes behind the end";
  EXPECT_FALSE(reads(bytes("a\1\3\0"), text)) << "no such escape";
  EXPECT_FALSE(reads(bytes("a\1"), text)) << "half an escape";
  EXPECT_FALSE(reads("abc", number));
  EXPECT_FALSE(reads("abcde", number));
  EXPECT_FALSE(reads("\2", boolean));
  EXPECT_FALSE(reads(bytes("a\0"), both)) << "the second part is missing";
}

TEST(Key, PartsTakeNumbersOfOtherTypesWithinTheirRange) {
  detail::Buffer buffer;
  detail::write_parts<std::tuple<std::uint8_t, std::string>>(buffer, 200);
  EXPECT_EQ(detail::text_of(buffer.view()), "\xc8");
  EXPECT_THROW((detail::write_parts<std::tuple<std::uint8_t, std::string>>(buffer, 300)),
               std::out_of_range);
}

}  // namespace
}  // namespace refold
