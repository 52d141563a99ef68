#include "core/view/digest.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/base/wire.h"

namespace refold::view {
namespace {

struct KeyedRow {
  std::string table;
  std::string key;
  std::string row;
};

std::vector<KeyedRow> some_rows() {
  std::vector<KeyedRow> rows;
  for (std::size_t number = 0; number < 200; ++number) {
    rows.push_back({number % 3 == 0 ? "likes" : "posts", "key " + std::to_string(number),
                    std::string(number * number, 'r')});
  }
  return rows;
}

Digest of(const KeyedRow& row) {
  return digest_of(row.table, bytes_of(row.key), bytes_of(row.row));
}

TEST(Digest, IsTheHashOfTableKeyAndRowEachAfterItsLength) {
  for (const KeyedRow& row : some_rows()) {
    Bytes joined;
    for (const std::string* part : {&row.table, &row.key, &row.row}) {
      put_fixed(joined, static_cast<std::uint32_t>(part->size()));
      append(joined, bytes_of(*part));
    }
    const XXH128_hash_t hash = XXH3_128bits(joined.data(), joined.size());
    ASSERT_EQ(of(row), (Digest{hash.low64, hash.high64})) << row.row.size();
  }
}

TEST(Digest, OfASetDoesNotDependOnItsOrder) {
  std::vector<KeyedRow> rows = some_rows();
  Digest forwards;
  for (const KeyedRow& row : rows) forwards.add(of(row));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(7));
  Digest shuffled;
  for (const KeyedRow& row : rows) shuffled.add(of(row));
  EXPECT_EQ(forwards, shuffled);
  EXPECT_NE(forwards, Digest{});
}

TEST(Digest, AddingAndTakingBackLeavesWhatWas) {
  const std::vector<KeyedRow> rows = some_rows();
  Digest digest;
  digest.add(of(rows[0]));
  const Digest before = digest;
  for (const KeyedRow& row : rows) digest.add(of(row));
  EXPECT_NE(digest, before);
  for (const KeyedRow& row : rows) digest.subtract(of(row));
  EXPECT_EQ(digest, before);
}

TEST(Digest, CarriesFromTheLowHalfToTheHighOne) {
  Digest digest{~std::uint64_t{0}, 1};
  digest.add({1, 0});
  EXPECT_EQ(digest, (Digest{0, 2}));
  digest.subtract({1, 0});
  EXPECT_EQ(digest, (Digest{~std::uint64_t{0}, 1}));
  digest.add({1, ~std::uint64_t{0}});
  EXPECT_EQ(digest, (Digest{0, 1}));
}

TEST(Digest, TellsApartWhatIsTheSameWhenJoined) {
  EXPECT_NE(digest_of("a", bytes_of("bc"), bytes_of("d")),
            digest_of("ab", bytes_of("c"), bytes_of("d")));
  EXPECT_NE(digest_of("a", bytes_of("b"), bytes_of("cd")),
            digest_of("a", bytes_of("bc"), bytes_of("d")));
}

TEST(Digest, IsShownWithTheHighDigitsFirst) {
  EXPECT_EQ(text_of(Digest{0x0123456789abcdef, 0x42}), "00000000000000420123456789abcdef");
}

}  // namespace
}  // namespace refold::view
