#include <gtest/gtest.h>

#include <random>
#include <refold/testing.hpp>

#include "tests/sdk/scratch.h"

namespace refold {
namespace {

using test::Scratch;

using Place = std::tuple<std::string, std::int32_t>;

struct Paged : Projection {
  static constexpr Manifest manifest{.name = "paged", .fold = 1};
  Table<Place, std::string> items{*this, "items"};
  Index<std::string, Place, std::string> by_text{items, "by-text",
                                                 [](const std::string& text) { return text; }};
  void apply(const RecordChange& change) {
    const auto number = static_cast<std::int32_t>(change.seq());
    items.put({change.did(), number}, std::string(change.rkey()));
  }
  Page<std::int32_t> list(const std::string& of, std::size_t limit, const Cursor& cursor,
                          bool backwards) const {
    auto range = items.prefix(of);
    if (backwards) range.backwards();
    return page(items, range, cursor, limit, [](const Place& key) { return std::get<1>(key); });
  }
  Query list_query{*this,
                   "list",
                   "numbers",
                   &Paged::list,
                   {{.name = "of"},
                    {.name = "limit", .fallback = 2, .least = 1, .most = 100},
                    {.name = "cursor"},
                    {.name = "backwards", .fallback = false}}};
};

/// All numbers of all pages.
std::vector<std::int32_t> numbers(Scratch<Paged>& paged, const std::string& of, std::size_t limit,
                                  bool backwards) {
  std::vector<std::int32_t> found;
  Cursor cursor;
  while (true) {
    const auto page = paged->list(of, limit, cursor, backwards);
    EXPECT_LE(page.items.size(), limit);
    EXPECT_TRUE(page.items.size() == limit || !page.cursor);
    found.insert(found.end(), page.items.begin(), page.items.end());
    if (!page.cursor) return found;
    cursor = Cursor::parse(page.cursor->text()).value();
  }
}

TEST(Page, PagesTogetherAreTheWholeRangeInItsOrder) {
  Scratch<Paged> paged;
  for (const std::int32_t number : {-300, -1, 0, 1, 2, 70'000}) {
    for (const char* const of : {"a", "b", "c"}) paged->items.put({of, number}, "x");
  }
  for (std::size_t limit = 1; limit <= 8; ++limit) {
    EXPECT_EQ(numbers(paged, "b", limit, false),
              (std::vector<std::int32_t>{-300, -1, 0, 1, 2, 70'000}));
    EXPECT_EQ(numbers(paged, "b", limit, true),
              (std::vector<std::int32_t>{70'000, 2, 1, 0, -1, -300}));
  }
  EXPECT_EQ(numbers(paged, "d", 2, false), std::vector<std::int32_t>{});
}

TEST(Page, TheLastOneHasNoCursorAlsoIfItIsFull) {
  Scratch<Paged> paged;
  for (std::int32_t number = 0; number < 4; ++number) paged->items.put({"a", number}, "x");
  const auto first = paged->list("a", 2, {}, false);
  ASSERT_TRUE(first.cursor);
  EXPECT_FALSE(paged->list("a", 2, *first.cursor, false).cursor);
  EXPECT_FALSE(paged->list("a", 4, {}, false).cursor);
}

TEST(Page, GoesOnWhereItEndedWhateverWasAddedOrRemoved) {
  Scratch<Paged> paged;
  for (std::int32_t number = 0; number < 6; ++number) paged->items.put({"a", number * 10}, "x");
  const auto first = paged->list("a", 3, {}, false);  // 0, 10, 20
  paged->items.remove({"a", 20});
  paged->items.put({"a", 5}, "x");
  paged->items.put({"a", 25}, "x");
  EXPECT_EQ(paged->list("a", 9, *first.cursor, false).items,
            (std::vector<std::int32_t>{25, 30, 40, 50}));
}

TEST(Page, ACursorOfAnotherQuestionDoesNotLeadOutOfTheRange) {
  Scratch<Paged> paged;
  for (const char* const of : {"a", "b", "c"}) paged->items.put({of, 1}, "x");
  const auto cursor_at = [&](const char* of) {
    detail::Buffer key;
    detail::write_key<Place>(key, {of, 1});
    return Cursor::behind(key.view());
  };
  EXPECT_EQ(paged->list("b", 9, cursor_at("a"), false).items, std::vector<std::int32_t>{1});
  EXPECT_EQ(paged->list("b", 9, cursor_at("c"), false).items, std::vector<std::int32_t>{});
  EXPECT_EQ(paged->list("b", 9, cursor_at("c"), true).items, std::vector<std::int32_t>{1});
  EXPECT_EQ(paged->list("b", 9, cursor_at("a"), true).items, std::vector<std::int32_t>{});
  const Cursor beyond_all = Cursor::behind(Bytes{0xff, 0xff});
  EXPECT_EQ(paged->list("b", 9, beyond_all, false).items, std::vector<std::int32_t>{});
  EXPECT_EQ(paged->list("b", 9, beyond_all, true).items, std::vector<std::int32_t>{1});
}

TEST(Page, ARowThatIsPassedOverCountsForTheLimit) {
  Scratch<Paged> paged;
  for (std::int32_t number = 0; number < 10; ++number) {
    paged->items.put({"a", number}, number % 3 == 0 ? "yes" : "no");
  }
  const auto page =
      refold::page(paged->items, paged->items.all(), Cursor(), 4,
                   [](const Place& key, const std::string& row) -> std::optional<std::int32_t> {
                     return row == "yes" ? std::optional(std::get<1>(key)) : std::nullopt;
                   });
  EXPECT_EQ(page.items, (std::vector<std::int32_t>{0, 3}));
  EXPECT_TRUE(page.cursor);
}

TEST(Page, EndsBeforeItsAnswerIsTooLong) {
  Scratch<Paged> paged;
  constexpr std::size_t length = std::size_t{1} << 20;
  for (std::int32_t number = 0; number < 10; ++number) {
    // The first eight are as long in the answer; a control character has six letters there.
    paged->items.put({"a", number}, std::string(length, number < 8 ? 'x' : '\1'));
  }
  std::vector<std::size_t> sizes;
  std::size_t longest = 0;
  Cursor cursor;
  do {
    const auto page = refold::page(paged->items, paged->items.all(), cursor, 100,
                                   [](const Place&, const std::string& row) { return row; });
    sizes.push_back(page.items.size());
    longest = std::max(longest, to_json(page).size());
    cursor = page.cursor.value_or(Cursor());
  } while (!cursor.empty());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 1, 1}));
  EXPECT_LT(longest, 7 * length);
}

TEST(Page, OfAnIndexIsInTheOrderOfTheIndex) {
  Scratch<Paged> paged;
  for (std::int32_t number = 0; number < 9; ++number) {
    paged->items.put({"a", number}, number % 2 == 0 ? "even" : "odd");
  }
  std::string found;
  Cursor cursor;
  int pages = 0;
  while (true) {
    const auto page = refold::page(paged->by_text, paged->by_text.all().backwards(), cursor, 4,
                                   [](const std::string& text, const Place& key) {
                                     return text.substr(0, 1) + std::to_string(std::get<1>(key));
                                   });
    for (const std::string& item : page.items) found += item + " ";
    ++pages;
    if (!page.cursor) break;
    cursor = *page.cursor;
  }
  EXPECT_EQ(found, "o7 o5 o3 o1 e8 e6 e4 e2 e0 ");
  EXPECT_EQ(pages, 3);
}

TEST(Page, IsAnsweredAsJsonAndAskedForByItsCursor) {
  testing::TestLog log;
  for (int i = 0; i < 3; ++i) log.create("did:plc:a", "a.b.c", std::to_string(i), nullptr);
  testing::Fold<Paged> fold;
  fold.apply(log);
  const std::string first = fold.query("list", {{"of", "did:plc:a"}});
  const std::string begin = R"({"items":[1,2],"cursor":")";
  ASSERT_TRUE(first.starts_with(begin) && first.ends_with("\"}")) << first;
  const std::string cursor = first.substr(begin.size(), first.size() - begin.size() - 2);
  EXPECT_EQ(fold.query("list", {{"of", "did:plc:a"}, {"cursor", cursor}}),
            R"({"items":[3],"cursor":null})");
  try {
    FAIL() << fold.query("list", {{"of", "did:plc:a"}, {"cursor", "not one"}});
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "cursor: 'not one' is no cursor of a page");
  }
}

TEST(Cursor, IsAnyKeyAndNothingElse) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    Bytes key(random() % 40 + 1);
    for (std::uint8_t& byte : key) byte = static_cast<std::uint8_t>(random());
    const Cursor cursor = Cursor::behind(key);
    EXPECT_EQ(cursor.key(), key);
    EXPECT_EQ(Cursor::parse(cursor.text()), cursor);
    std::string other = cursor.text();
    other[random() % other.size()] = static_cast<char>(random());
    const auto parsed = Cursor::parse(other);
    if (parsed) {
      EXPECT_EQ(parsed->text(), other) << "one text for one key";
    }
  }
  EXPECT_TRUE(Cursor::parse("").value().empty());
  EXPECT_TRUE(Cursor::parse(Cursor::behind(Bytes(REFOLD_KEY_MAX, 0xff)).text()));
  EXPECT_FALSE(Cursor::parse(Cursor::behind(Bytes(REFOLD_KEY_MAX + 1, 0xff)).text()));
  for (const char* const text : {"A", "AB", "A=", "AA==", "A A", "A+A", "\xff"}) {
    EXPECT_FALSE(Cursor::parse(text)) << text;
  }
}

TEST(Record, KeepsBytesThatAreNoValue) {
  const Bytes bytes{0xff, 0x01};
  EXPECT_EQ(Record(ByteView(bytes)).bytes(), bytes);
  EXPECT_TRUE(Record(ByteView(bytes)).value().is_null());
}

}  // namespace
}  // namespace refold
