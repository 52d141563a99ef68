#include <algorithm>
#include <random>

#include "core/view/group.h"
#include "core/view/stored_key.h"
#include "tests/view/fixture.h"

namespace refold::view {
namespace {

struct LongKeysTest : ViewTest {
  LongKeysTest() { create(); }

  const std::string prefix = std::string(prefix_bytes, 'p');

  static std::vector<std::string> keys_of(const KeyedRows& rows) {
    std::vector<std::string> keys;
    for (const auto& [key, row] : rows) keys.push_back(key);
    return keys;
  }
};

TEST_F(LongKeysTest, AKeyIsStoredAsItIsUpTo472BytesAndThenWithAHash) {
  const std::string whole(prefix_bytes, 'k');
  EXPECT_EQ(text_of(StoredKey(bytes_of(whole)).view()), whole);
  const std::string longer = whole + "k";
  const StoredKey stored(bytes_of(longer));
  ASSERT_EQ(stored.view().size(), 488U);
  EXPECT_EQ(text_of(stored.view().first(prefix_bytes)), whole);
  EXPECT_FALSE(equal(stored.view(), StoredKey(bytes_of(longer + "k")).view()));
}

TEST_F(LongKeysTest, AreInTheOrderOfTheWholeKeysAmongTheOthers) {
  std::vector<std::string> keys{prefix.substr(1),
                                prefix,
                                prefix + '\0',
                                prefix + "\0a",
                                prefix + "a",
                                prefix + "aa",
                                prefix + "b",
                                prefix + '\xff',
                                prefix + std::string(7000, 'z'),
                                prefix + std::string(7000, 'z') + "1",
                                "o",
                                "q"};
  for (std::size_t number = 0; number < 300; ++number) {
    keys.push_back(prefix + "n" + std::to_string(number));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<std::string> shuffled = keys;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
  Batch batch(*view);
  for (const std::string& key : shuffled) put(batch, 0, key, "row of " + key);
  EXPECT_EQ(keys_of(rows_of(batch, 0)), keys);
  commit(batch, 1);
  const Snapshot seen = snapshot();
  EXPECT_EQ(keys_of(rows_of(seen, 0)), keys);
  for (const std::string& key : keys) EXPECT_EQ(row_of(seen, 0, key), "row of " + key);
  // From every key on, and below every key, both ways.
  for (std::size_t at = 0; at < keys.size(); ++at) {
    const auto middle = keys.begin() + static_cast<std::ptrdiff_t>(at);
    const std::vector<std::string> from(middle, keys.end());
    std::vector<std::string> until(keys.begin(), middle);
    ASSERT_EQ(keys_of(rows_of(seen, 0, {bytes_of(keys[at]), {}})), from);
    ASSERT_EQ(keys_of(rows_of(seen, 0, {{}, bytes_of(keys[at])})), until);
    std::reverse(until.begin(), until.end());
    ASSERT_EQ(keys_of(rows_of(seen, 0, {{}, bytes_of(keys[at]), true})), until);
  }
  const std::string missing = prefix + "m";
  EXPECT_EQ(keys_of(rows_of(seen, 0, {bytes_of(missing), bytes_of(prefix + "n1")})),
            std::vector<std::string>{prefix + "n0"});
  EXPECT_EQ(row_of(seen, 0, missing), "(none)");
}

TEST_F(LongKeysTest, MoreThanFitInMemoryAtATimeAreInOrderToo) {
  Batch batch(*view);
  std::vector<std::string> keys;
  for (std::size_t number = 0; number < 2 * group_rows_max + 3000; ++number) {
    std::string digits = std::to_string(number);
    keys.push_back(prefix + std::string(6 - digits.size(), '0') + digits);
    put(batch, 0, keys.back(), "r");
    if (number % 10'000 == 0) commit(batch, number);
  }
  put(batch, 0, "a", "first");
  put(batch, 0, "z", "last");
  commit(batch, 1);
  const Snapshot seen = snapshot();
  std::vector<std::string> found = keys_of(rows_of(seen, 0));
  ASSERT_EQ(found.size(), keys.size() + 2);
  EXPECT_EQ(found.front(), "a");
  EXPECT_EQ(found.back(), "z");
  EXPECT_TRUE(std::equal(keys.begin(), keys.end(), found.begin() + 1));
  std::reverse(found.begin(), found.end());
  EXPECT_TRUE(keys_of(rows_of(seen, 0, {{}, {}, true})) == found);
  const auto middle = keys.begin() + static_cast<std::ptrdiff_t>(group_rows_max / 2);
  const std::vector<std::string> some(middle, middle + group_rows_max + 1000);
  const Range range{bytes_of(some.front()), bytes_of(*(middle + group_rows_max + 1000))};
  EXPECT_TRUE(keys_of(rows_of(seen, 0, range)) == some);
  EXPECT_EQ(keys_of(rows_of(seen, 0, {bytes_of(some[1]), bytes_of(some[2]), true})),
            std::vector<std::string>{some[1]});
}

}  // namespace
}  // namespace refold::view
