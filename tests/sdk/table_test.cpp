#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/sdk/scratch.h"

namespace refold {
namespace {

using test::Scratch;

struct Score {
  std::uint32_t rated = 0;
  std::string last;
  friend bool operator==(const Score&, const Score&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(REFOLD_FIELD(rated), REFOLD_FIELD(last));
  }
};

using Path = std::tuple<Did, std::string, std::uint32_t>;

struct Tables : Projection {
  Table<std::string, Score> scores{*this, "scores"};
  Table<std::string, std::uint64_t> counts{*this, "counts"};
  Table<Path, Nothing> paths{*this, "paths"};
  Table<std::uint64_t, std::string> numbers{*this, "numbers"};
};

template <class Table, class Range>
std::vector<std::string> keys(const Table& table, const Range& range) {
  std::vector<std::string> found;
  table.scan(range, [&found](const auto& key) { found.push_back(to_json(key)); });
  return found;
}
using Keys = std::vector<std::string>;

TEST(Table, GivesBackWhatWasPut) {
  Scratch<Tables> tables;
  EXPECT_EQ(tables->scores.get("a"), std::nullopt);
  tables->scores.put("a", {1, "x"});
  EXPECT_EQ(tables->scores.get("a"), (Score{1, "x"}));
  EXPECT_TRUE(tables->scores.contains("a"));
  tables->scores.put("a", {2, "y"});
  EXPECT_EQ(tables->scores.get("a"), (Score{2, "y"}));
  tables->scores.remove("a");
  EXPECT_FALSE(tables->scores.contains("a"));
  tables->scores.remove("a");
  tables->paths.put({"did:plc:a", "x", 5}, {});
  EXPECT_TRUE(tables->paths.contains({"did:plc:a", "x", 5}));
  EXPECT_FALSE(tables->paths.contains({"did:plc:a", "x", 6}));
}

TEST(Table, AnUpdateBeginsWithANewRowAndLeavesNoneThatIsAsNew) {
  Scratch<Tables> tables;
  tables->counts.update("a", [](std::uint64_t& n) { ++n; });
  tables->counts.update("a", [](std::uint64_t& n) { ++n; });
  EXPECT_EQ(tables->counts.get("a"), 2U);
  tables->counts.update("a", [](std::uint64_t& n) { n -= 2; });
  EXPECT_EQ(tables.rows(1).size(), 0U);
  tables->counts.update("a", [](std::uint64_t&) {});
  EXPECT_EQ(tables.rows(1).size(), 0U);
  tables->scores.update("a", [](Score& score) { score.last = "x"; });
  EXPECT_EQ(tables->scores.get("a"), (Score{0, "x"}));
  tables->scores.update("a", [](Score& score) { score.last = ""; });
  EXPECT_EQ(tables.rows(0).size(), 0U);
}

TEST(Table, APutMayLeaveARowThatIsAsNew) {
  Scratch<Tables> tables;
  tables->counts.put("a", 0);
  EXPECT_EQ(tables->counts.get("a"), 0U);
}

TEST(Table, AnUpdateMayLookAtOtherRows) {
  Scratch<Tables> tables;
  tables->counts.put("other", 40);
  tables->counts.update("a", [&](std::uint64_t& n) { n = *tables->counts.get("other") + 2; });
  EXPECT_EQ(tables->counts.get("a"), 42U);
}

TEST(Table, LongKeysAndRowsAreWhole) {
  Scratch<Tables> tables;
  const std::string key(5000, 'k');
  tables->scores.put(key, {1, std::string(100'000, 'r')});
  EXPECT_EQ(tables->scores.get(key)->last.size(), 100'000U);
  EXPECT_FALSE(tables->scores.get(key.substr(1)));
}

TEST(Table, IsScannedInTheOrderOfItsKeysBothWays) {
  Scratch<Tables> tables;
  for (const std::uint64_t number : {300U, 2U, 70'000U, 1U}) tables->numbers.put(number, "x");
  EXPECT_EQ(keys(tables->numbers, tables->numbers.all()), (Keys{"1", "2", "300", "70000"}));
  EXPECT_EQ(keys(tables->numbers, tables->numbers.all().backwards()),
            (Keys{"70000", "300", "2", "1"}));
  EXPECT_EQ(keys(tables->numbers, tables->numbers.from(2).until(70'000)), (Keys{"2", "300"}));
  EXPECT_EQ(keys(tables->numbers, tables->numbers.after(2).through(70'000).backwards()),
            (Keys{"70000", "300"}));
  EXPECT_EQ(keys(tables->numbers, tables->numbers.from(5).until(5)), Keys{});
  EXPECT_EQ(keys(tables->numbers, tables->numbers.from(9).until(5)), Keys{});
}

TEST(Table, ARangeEndsAtTheEdgesOfItsType) {
  Scratch<Tables> tables;
  tables->numbers.put(0, "first");
  tables->numbers.put(UINT64_MAX, "last");
  EXPECT_EQ(keys(tables->numbers, tables->numbers.after(UINT64_MAX)), Keys{});
  EXPECT_EQ(keys(tables->numbers, tables->numbers.from(1).through(UINT64_MAX)).size(), 1U);
  EXPECT_EQ(keys(tables->numbers, tables->numbers.prefix(UINT64_MAX)).size(), 1U);
  EXPECT_EQ(keys(tables->numbers, tables->numbers.all().until(0)), Keys{});
}

TEST(Table, IsScannedByTheFirstPartsOfItsKeys) {
  Scratch<Tables> tables;
  const auto put = [&](const char* did, const char* path, std::uint32_t number) {
    tables->paths.put({did, path, number}, {});
  };
  put("did:plc:a", "app.bsky.feed", 1);
  put("did:plc:a", "app.bsky.graph", 2);
  put("did:plc:a", "app.other", 3);
  put("did:plc:ab", "app.bsky.feed", 4);
  put("did:plc:b", "app.bsky.feed", 5);
  const auto& paths = tables->paths;
  EXPECT_EQ(keys(paths, paths.prefix("did:plc:a")).size(), 3U) << "did:plc:ab is another one";
  EXPECT_EQ(keys(paths, paths.prefix("did:plc:a", "app.bsky.graph")),
            (Keys{R"(["did:plc:a","app.bsky.graph",2])"}));
  EXPECT_EQ(keys(paths, paths.prefix("did:plc:a").after("did:plc:a", "app.bsky.feed")).size(), 2U);
  EXPECT_EQ(keys(paths, paths.starting_with("did:plc:a")).size(), 4U);
  EXPECT_EQ(keys(paths, paths.starting_with("did:plc:a", "app.bsky.")).size(), 2U);
  EXPECT_EQ(keys(paths, paths.starting_with("")).size(), 5U);
}

TEST(Table, AScanEndsWhenItsVisitorSaysSo) {
  Scratch<Tables> tables;
  for (std::uint64_t i = 0; i < 10; ++i) tables->numbers.put(i, std::to_string(i));
  std::string seen;
  tables->numbers.scan([&seen](std::uint64_t, const std::string& row) {
    seen += row;
    return row != "3";
  });
  EXPECT_EQ(seen, "0123");
  EXPECT_EQ(tables->numbers.first()->second, "0");
  EXPECT_EQ(tables->numbers.first(tables->numbers.all().backwards())->first, 9U);
  EXPECT_EQ(tables->numbers.first(tables->numbers.from(100)), std::nullopt);
}

TEST(Table, WhatAVisitorThrowsComesOutOfTheScan) {
  Scratch<Tables> tables;
  tables->numbers.put(1, "x");
  EXPECT_THROW(tables->numbers.scan([](std::uint64_t) { throw std::domain_error("out"); }),
               std::domain_error);
  tables->numbers.put(2, "y");  // no scan is going on any more
}

TEST(Table, AScanMayReadButNotChange) {
  Scratch<Tables> tables;
  tables->numbers.put(1, "one");
  tables->numbers.scan([&](std::uint64_t key) {
    EXPECT_EQ(tables->numbers.get(key), "one");
    EXPECT_THROW(tables->numbers.put(2, "two"), detail::HostFailed);
  });
  EXPECT_EQ(tables.host().failure(), "a table was changed during a scan");
}

TEST(Table, AScanWithinAScanIsRefusedAsTheEngineDoes) {
  Scratch<Tables> tables;
  tables->numbers.put(1, "one");
  tables->numbers.scan([&](std::uint64_t) {
    EXPECT_THROW(tables->numbers.scan([](std::uint64_t) {}), detail::HostFailed);
  });
  EXPECT_EQ(tables.host().failure(), "a scan was begun during a scan");
}

TEST(Table, OutsideOfACallItSaysSo) {
  Tables tables;
  EXPECT_THROW(static_cast<void>(tables.counts.get("a")), std::logic_error);
}

TEST(Table, ARowThatCannotBeDecodedIsNamed) {
  Scratch<Tables> tables;
  tables.rows(0)[std::string("bean\0", 5)] = "xyz";
  try {
    static_cast<void>(tables->scores.get("bean"));
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "table 'scores' has a row that cannot be decoded (it ends too soon), with the key "
                 "\"bean\"");
  }
  tables.rows(3)["abc"] = "";
  EXPECT_THROW(tables->numbers.scan([](std::uint64_t) {}), std::runtime_error);
}

TEST(Table, AKeyThatIsTooLongHasNoRow) {
  Scratch<Tables> tables;
  const std::string fits(REFOLD_KEY_MAX - 1, 'k');
  const std::string long_key(REFOLD_KEY_MAX, 'k');
  tables->counts.put(fits, 1);
  tables->counts.put(long_key, 1);
  tables->counts.update(long_key, [](std::uint64_t& n) { ++n; });
  EXPECT_EQ(tables->counts.get(fits), 1U);
  EXPECT_EQ(tables->counts.get(long_key), std::nullopt);
  EXPECT_FALSE(tables->counts.contains(long_key));
  tables->counts.remove(long_key);
  EXPECT_EQ(tables.rows(1).size(), 1U);
  ASSERT_EQ(tables.host().lines().size(), 2U);
  EXPECT_EQ(tables.host().lines()[0],
            "table 'counts': a row with a key of 8193 bytes is not kept; at most 8192 can be (1 so "
            "far)");
}

TEST(Table, BehavesAsAMap) {
  Scratch<Tables> tables;
  std::map<std::uint64_t, std::string> model;
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t key = random() % 50 * (random() % 2 == 0 ? 1 : 1'000'000'000'000);
    const std::string row(random() % 30, 'x');
    switch (random() % 4) {
      case 0: tables->numbers.put(key, row), model[key] = row; break;
      case 1: tables->numbers.remove(key), model.erase(key); break;
      case 2:
        tables->numbers.update(key, [&](std::string& text) { text = row; });
        model[key] = row;
        if (row.empty()) model.erase(key);
        break;
      default: {
        const auto found = model.find(key);
        ASSERT_EQ(tables->numbers.get(key),
                  found == model.end() ? std::nullopt : std::optional(found->second));
      }
    }
  }
  std::map<std::uint64_t, std::string> left;
  tables->numbers.scan([&](std::uint64_t key, const std::string& row) { left[key] = row; });
  EXPECT_EQ(left, model);
}

struct Indexed : Projection {
  Table<std::string, Score> scores{*this, "scores"};
  Index<std::uint32_t, std::string, Score> by_rated{scores, "by-rated", &Score::rated};
  Index<std::string, std::string, Score> by_last{
      scores, "by-last", [](const Score& score) {
        return score.last.empty() ? std::nullopt : std::optional(score.last);
      }};
  Index<std::string, std::string, Score> by_letter{scores, "by-letter",
                                                   [](const std::string& key, const Score&) {
                                                     std::vector<std::string> letters;
                                                     for (const char letter : key)
                                                       letters.emplace_back(1, letter);
                                                     return letters;
                                                   }};
};

std::string entries(Scratch<Indexed>& indexed) {
  std::string text;
  indexed->by_rated.scan([&text](std::uint32_t by, const std::string& key, const Score& score) {
    EXPECT_EQ(score.rated, by);
    text += std::to_string(by) + key + " ";
  });
  text += "|";
  indexed->by_last.scan(
      [&text](const std::string& by, const std::string& key) { text += " " + by + key; });
  return text;
}

TEST(Index, FollowsItsTable) {
  Scratch<Indexed> indexed;
  indexed->scores.put("a", {5, "x"});
  indexed->scores.put("b", {3, ""});
  EXPECT_EQ(entries(indexed), "3b 5a | xa");
  indexed->scores.put("a", {1, "y"});
  EXPECT_EQ(entries(indexed), "1a 3b | ya");
  indexed->scores.update("b", [](Score& score) { score = {9, "y"}; });
  EXPECT_EQ(entries(indexed), "1a 9b | ya yb");
  indexed->scores.update("b", [](Score& score) { score = {}; });
  EXPECT_EQ(entries(indexed), "1a | ya");
  indexed->scores.remove("a");
  indexed->scores.remove("a");
  EXPECT_EQ(entries(indexed), "|");
  for (std::size_t table = 0; table < 4; ++table) EXPECT_EQ(indexed.rows(table).size(), 0U);
}

TEST(Index, ARowMayBeFoundBySeveral) {
  Scratch<Indexed> indexed;
  indexed->scores.put("abc", {1, ""});
  indexed->scores.put("cd", {1, ""});
  std::string found;
  indexed->by_letter.scan(indexed->by_letter.prefix("c"),
                          [&](const std::string&, const std::string& key) { found += key + " "; });
  EXPECT_EQ(found, "abc cd ");
  EXPECT_EQ(indexed.rows(3).size(), 5U);
}

TEST(Index, IsScannedByRangesOfItsOwn) {
  Scratch<Indexed> indexed;
  for (std::uint32_t i = 0; i < 5; ++i) indexed->scores.put(std::string(1, char('a' + i)), {i, ""});
  std::string found;
  const auto visit = [&](std::uint32_t, const std::string& key) {
    found += key;
    return found.size() < 3;
  };
  indexed->by_rated.scan(indexed->by_rated.all().backwards(), visit);
  EXPECT_EQ(found, "edc");
  found.clear();
  indexed->by_rated.scan(indexed->by_rated.from(1).until(3), visit);
  EXPECT_EQ(found, "bc");
}

struct IndexedByTwo : Projection {
  Table<std::string, Score> scores{*this, "scores"};
  using By = std::tuple<std::string, std::uint32_t>;
  Index<By, std::string, Score> by_last_and_rated{
      scores, "by-last-and-rated", [](const Score& score) { return By(score.last, score.rated); }};
};

TEST(Index, ByATupleIsNarrowedByTheFirstPartsOfTheTuple) {
  Scratch<IndexedByTwo> indexed;
  indexed->scores.put("a", {2, "x"});
  indexed->scores.put("b", {1, "x"});
  indexed->scores.put("c", {1, "y"});
  indexed->scores.put("d", {300, "x"});
  const auto& index = indexed->by_last_and_rated;
  const auto found = [&](const auto& range) {
    std::string text;
    index.scan(range, [&](const IndexedByTwo::By& by, const std::string& key) {
      text += std::get<0>(by) + std::to_string(std::get<1>(by)) + key + " ";
    });
    return text;
  };
  EXPECT_EQ(found(index.all()), "x1b x2a x300d y1c ");
  EXPECT_EQ(found(index.prefix("x").backwards()), "x300d x2a x1b ");
  EXPECT_EQ(found(index.prefix("x", 2U)), "x2a ");
  EXPECT_EQ(found(index.after("x", 1U).until("y")), "x2a x300d ");
  const auto page = [&](const Cursor& cursor) {
    return refold::page(index, index.prefix("x").backwards(), cursor, 2,
                        [](const IndexedByTwo::By&, const std::string& key) { return key; });
  };
  const auto first = page({});
  EXPECT_EQ(first.items, (std::vector<std::string>{"d", "a"}));
  EXPECT_EQ(page(first.cursor.value()).items, (std::vector<std::string>{"b"}));
}

TEST(Index, TheSameRowsAreLeftWhateverTheWayToThem) {
  std::mt19937_64 random(1);
  Scratch<Indexed> wandering;
  for (int i = 0; i < 3000; ++i) {
    const std::string key(1, static_cast<char>('a' + random() % 8));
    const Score score{static_cast<std::uint32_t>(random() % 4), random() % 2 == 0 ? "" : "x"};
    switch (random() % 3) {
      case 0: wandering->scores.put(key, score); break;
      case 1: wandering->scores.remove(key); break;
      default: wandering->scores.update(key, [&](Score& row) { row = score; });
    }
  }
  Scratch<Indexed> straight;
  wandering->scores.scan(
      [&](const std::string& key, const Score& score) { straight->scores.put(key, score); });
  EXPECT_EQ(wandering.host().tables(), straight.host().tables());
}

}  // namespace
}  // namespace refold
