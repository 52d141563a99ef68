#include "core/base/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace refold {
namespace {

std::string sha256_hex(std::string_view text) { return hex(sha256(bytes_of(text))); }

// From FIPS 180-4's examples.
constexpr std::string_view of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view of_two_blocks =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr std::string_view of_a_million_a =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, GivesTheStandardsAnswers) {
  EXPECT_EQ(sha256_hex(""), of_nothing);
  EXPECT_EQ(sha256_hex("abc"), of_abc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), of_two_blocks);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), of_a_million_a);
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{999}}) {
    const std::string text(1'000, 'r');
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hash.update(bytes_of(std::string_view(text).substr(at, piece)));
    }
    hash.update({});
    EXPECT_EQ(hex(hash.finish()), sha256_hex(text)) << piece;
  }
  EXPECT_EQ(hex(Sha256().finish()), of_nothing);
}

TEST(Sha256, IsRightOnEveryThread) {
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  threads.reserve(wrong.size());
  for (int& count : wrong) {
    threads.emplace_back([&count] {
      for (int round = 0; round < 1'000; ++round) count += sha256_hex("abc") != of_abc;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST(Checksum, IsXxh3WithoutASeed) {
  // The value stands in files: it must never change.
  EXPECT_EQ(checksum({}), 0x2d06800538d394c2u);
  EXPECT_EQ(checksum(bytes_of("abc")), 0x78af5f94892f3950u);
}

TEST(Checksum, ChangesWithItsSeed) {
  EXPECT_EQ(checksum(bytes_of("abc"), 0), checksum(bytes_of("abc")));
  EXPECT_NE(checksum(bytes_of("abc"), 1), checksum(bytes_of("abc"), 0));
  EXPECT_NE(checksum({}, 1), checksum({}, 2));
}

TEST(Checksum, ChangesWithEveryBit) {
  Bytes bytes(300, 0x5a);
  const std::uint64_t before = checksum(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto flip = static_cast<std::uint8_t>(1u << (bit % 8));
    bytes[bit / 8] ^= flip;
    EXPECT_NE(checksum(bytes), before) << "bit " << bit;
    bytes[bit / 8] ^= flip;
  }
  EXPECT_EQ(checksum(bytes), before);
}

}  // namespace
}  // namespace refold
