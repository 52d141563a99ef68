#include "tests/view/fixture.h"

namespace refold::view {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct BatchTest : ViewTest {
  BatchTest() { create(); }
};

TEST_F(BatchTest, ABatchSeesItsOwnWritesAndNobodyElseDoes) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  EXPECT_EQ(row_of(batch, 0, "a"), "1");
  EXPECT_EQ(row_of(batch, 1, "a"), "(none)");
  const Snapshot before = snapshot();
  EXPECT_EQ(row_of(before, 0, "a"), "(none)");
  commit(batch, 1);
  EXPECT_EQ(row_of(before, 0, "a"), "(none)");
  EXPECT_EQ(row_of(snapshot(), 0, "a"), "1");
  EXPECT_EQ(before.checkpoint().seq, 0U);
  EXPECT_EQ(view->checkpoint().value(), at_seq(1));
}

TEST_F(BatchTest, ARowThatIsRemovedIsGoneForTheBatchAtOnce) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  put(batch, 0, "b", "2");
  commit(batch, 1);
  remove(batch, 0, "a");
  remove(batch, 0, "nobody");
  EXPECT_EQ(row_of(batch, 0, "a"), "(none)");
  EXPECT_THAT(rows_of(batch, 0), ElementsAre(Pair("b", "2")));
  put(batch, 0, "a", "3");
  EXPECT_EQ(row_of(batch, 0, "a"), "3");
  remove(batch, 0, "a");
  commit(batch, 2);
  expect_holds(*view, {{{"b", "2"}}, {}}, 2);
}

TEST_F(BatchTest, AnEmptyRowIsARow) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  put(batch, 0, "a", "");
  EXPECT_EQ(row_of(batch, 0, "a"), "");
  commit(batch, 1);
  expect_holds(*view, {{{"a", ""}}, {}}, 1);
}

TEST_F(BatchTest, WhatIsDiscardedNeverWas) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  commit(batch, 1);
  put(batch, 0, "a", "2");
  remove(batch, 0, "a");
  put(batch, 1, "b", "2");
  (void)rows_of(batch, 0);
  batch.discard();
  EXPECT_EQ(batch.bytes(), 0U);
  EXPECT_EQ(row_of(batch, 0, "a"), "1");
  EXPECT_THAT(rows_of(batch, 1), IsEmpty());
  commit(batch, 2);
  expect_holds(*view, {{{"a", "1"}}, {}}, 2);
}

TEST_F(BatchTest, ABatchThatGoesTakesItsChangesAlong) {
  {
    Batch dropped(*view);
    put(dropped, 0, "a", "1");
  }
  Batch batch(*view);
  EXPECT_EQ(row_of(batch, 0, "a"), "(none)");
}

TEST_F(BatchTest, ARowThatWasHandedOutMayBeWrittenBack) {
  Batch batch(*view);
  put(batch, 0, "a", "abcdefgh");
  ByteView row;
  ASSERT_EQ(batch.get(0, bytes_of("a"), row), Row::found);
  ASSERT_EQ(batch.put(0, bytes_of("a"), row.subspan(2, 5)), Row::found);
  EXPECT_EQ(row_of(batch, 0, "a"), "cdefg");
  ASSERT_EQ(batch.get(0, bytes_of("a"), row), Row::found);
  ASSERT_EQ(batch.put(0, row, row), Row::found);
  EXPECT_EQ(row_of(batch, 0, "cdefg"), "cdefg");
  commit(batch, 1);
  ASSERT_EQ(batch.get(0, bytes_of("a"), row), Row::found);
  ASSERT_EQ(batch.put(0, bytes_of("b"), row), Row::found);
  EXPECT_EQ(row_of(batch, 0, "b"), "cdefg");
}

TEST_F(BatchTest, RowsThatGrowAndShrinkAreKeptWhole) {
  Batch batch(*view);
  std::string row;
  for (int step = 0; step < 200; ++step) {
    row.append(static_cast<std::size_t>(step), static_cast<char>('a' + step % 26));
    put(batch, 0, "grows", row);
    put(batch, 0, "beside " + std::to_string(step), "x");
    ASSERT_EQ(row_of(batch, 0, "grows"), row);
  }
  put(batch, 0, "grows", "short");
  EXPECT_EQ(row_of(batch, 0, "grows"), "short");
}

TEST_F(BatchTest, WhatDoesNotFitIsRefusedWithTheLimit) {
  Batch batch(*view);
  const std::string long_key(key_bytes_max + 1, 'k');
  const Bytes long_row(row_bytes_max + 1, 'r');
  ByteView row;
  EXPECT_EQ(batch.put(0, bytes_of(long_key), {}), Row::failed);
  EXPECT_EQ(batch.error().code, Errc::too_large);
  EXPECT_THAT(batch.error().message, ::testing::HasSubstr("8193 bytes, at most 8192"));
  EXPECT_EQ(batch.put(0, bytes_of("a"), long_row), Row::failed);
  EXPECT_EQ(batch.error().code, Errc::too_large);
  EXPECT_EQ(batch.put(0, {}, bytes_of("a")), Row::failed);
  EXPECT_THAT(batch.error().message, ::testing::HasSubstr("likes is empty"));
  EXPECT_EQ(batch.get(2, bytes_of("a"), row), Row::failed);
  EXPECT_EQ(batch.error().code, Errc::invalid);
  EXPECT_EQ(batch.remove(2, bytes_of("a")), Row::failed);
  EXPECT_EQ(batch.scan(2, {}, [](ByteView, ByteView) { return true; }), Row::failed);
  EXPECT_EQ(batch.put(0, bytes_of(long_key).first(key_bytes_max),
                      ByteView(long_row).first(row_bytes_max)),
            Row::found);
  commit(batch, 1);
  EXPECT_EQ(snapshot().recount().value()[0].rows, 1U);
}

TEST_F(BatchTest, AScanMergesWhatIsNewWithWhatIsThereBothWays) {
  Batch batch(*view);
  for (const char* key : {"b", "d", "f"}) put(batch, 0, key, "old");
  commit(batch, 1);
  for (const char* key : {"a", "d", "g"}) put(batch, 0, key, "new");
  remove(batch, 0, "b");
  put(batch, 1, "c", "another table");
  EXPECT_THAT(rows_of(batch, 0),
              ElementsAre(Pair("a", "new"), Pair("d", "new"), Pair("f", "old"), Pair("g", "new")));
  EXPECT_THAT(rows_of(batch, 0, {bytes_of("b"), bytes_of("g"), true}),
              ElementsAre(Pair("f", "old"), Pair("d", "new")));
  EXPECT_THAT(rows_of(batch, 0, {bytes_of("e"), bytes_of("e")}), IsEmpty());
  EXPECT_THAT(rows_of(batch, 0, {bytes_of("g"), bytes_of("a")}), IsEmpty());
  EXPECT_THAT(rows_of(batch, 0, {bytes_of("g"), bytes_of("a"), true}), IsEmpty());
  // What comes after a scan is in the next one.
  put(batch, 0, "e", "newer");
  remove(batch, 0, "f");
  EXPECT_THAT(rows_of(batch, 0, {bytes_of("b"), {}}),
              ElementsAre(Pair("d", "new"), Pair("e", "newer"), Pair("g", "new")));
}

TEST_F(BatchTest, AVisitorMayReadAndEndTheScanButNotWrite) {
  Batch batch(*view);
  for (const char* key : {"a", "b", "c"}) put(batch, 0, key, key);
  commit(batch, 1);
  put(batch, 0, "bb", "bb");
  int visits = 0;
  const auto visit = [&](ByteView key, ByteView) {
    EXPECT_EQ(row_of(batch, 0, "c"), "c");
    EXPECT_EQ(rows_of(batch, 0).size(), 4U);
    EXPECT_EQ(batch.put(0, bytes_of("x"), bytes_of("x")), Row::failed);
    EXPECT_THAT(batch.error().message, ::testing::HasSubstr("during a scan"));
    EXPECT_EQ(batch.remove(0, bytes_of("a")), Row::failed);
    ++visits;
    return text_of(key) != "bb";
  };
  EXPECT_EQ(batch.scan(0, {}, visit), Row::found);
  EXPECT_EQ(visits, 3);
  put(batch, 0, "x", "x");
}

TEST_F(BatchTest, ACommitWithoutChangesAdvancesTheCheckpoint) {
  {
    Batch batch(*view);
    commit(batch, 12);
  }
  reopen();
  EXPECT_EQ(view->checkpoint().value(), at_seq(12));
}

TEST_F(BatchTest, RowsThatAreTheSameAgainAreNotWritten) {
  Batch batch(*view);
  for (int key = 0; key < 20'000; ++key) put(batch, 0, "key " + std::to_string(key), "row");
  commit(batch, 1);
  for (int key = 0; key < 20'000; ++key) put(batch, 0, "key " + std::to_string(key), "row");
  const std::uint64_t before = view->stat().value().file_bytes;
  for (std::uint64_t seq = 2; seq < 6; ++seq) {
    put(batch, 0, "key 1", "row");
    commit(batch, seq);
  }
  EXPECT_LT(view->stat().value().file_bytes - before, before / 10);
}

TEST_F(BatchTest, WhatIsBeingCommittedIsSeenBelowWhatComesOnTop) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  put(batch, 0, "b", "1");
  commit(batch, 1);
  put(batch, 0, "b", "2");
  put(batch, 0, "c", "2");
  put(batch, 0, "d", "2");
  remove(batch, 0, "a");
  begin_commit(batch, 2);
  EXPECT_EQ(batch.bytes(), 0U);
  EXPECT_EQ(row_of(batch, 0, "a"), "(none)");
  EXPECT_EQ(row_of(batch, 0, "b"), "2");
  put(batch, 0, "a", "3");
  put(batch, 0, "c", "3");
  remove(batch, 0, "d");
  EXPECT_EQ(row_of(batch, 0, "d"), "(none)");
  EXPECT_THAT(rows_of(batch, 0), ElementsAre(Pair("a", "3"), Pair("b", "2"), Pair("c", "3")));
  Range backwards;
  backwards.backwards = true;
  EXPECT_THAT(rows_of(batch, 0, backwards),
              ElementsAre(Pair("c", "3"), Pair("b", "2"), Pair("a", "3")));
  finish(batch);
  EXPECT_EQ(row_of(batch, 0, "c"), "3");
  EXPECT_THAT(rows_of(snapshot(), 0), ElementsAre(Pair("b", "2"), Pair("c", "2"), Pair("d", "2")));
  EXPECT_EQ(view->checkpoint().value(), at_seq(2));
  begin_commit(batch, 3);
  commit(batch, 4);
  expect_holds(*view, {{{"a", "3"}, {"b", "2"}, {"c", "3"}}, {}}, 4);
}

TEST_F(BatchTest, WhatWasBegunIsCommittedAlthoughWhatCameOnTopIsDropped) {
  {
    Batch batch(*view);
    put(batch, 0, "a", "1");
    begin_commit(batch, 1);
    put(batch, 0, "a", "2");
    batch.discard();
    EXPECT_EQ(row_of(batch, 0, "a"), "1");
    put(batch, 0, "b", "1");
    begin_commit(batch, 2);
    put(batch, 0, "b", "2");
  }
  expect_holds(*view, {{{"a", "1"}, {"b", "1"}}, {}}, 2);
}

TEST_F(BatchTest, MemoryIsCountedAndGivenBack) {
  Batch batch(*view);
  EXPECT_EQ(batch.bytes(), 0U);
  const std::string row(1000, 'r');
  for (int key = 0; key < 1000; ++key) put(batch, 0, std::to_string(key), row);
  const std::size_t plain = batch.bytes();
  EXPECT_GT(plain, 1'000'000U);
  EXPECT_LT(plain, 1'200'000U);
  (void)rows_of(batch, 0);
  EXPECT_GT(batch.bytes(), plain);
  for (int key = 0; key < 1000; ++key) put(batch, 0, std::to_string(key), row);
  EXPECT_LT(batch.bytes(), 1'200'000U);
  commit(batch, 1);
  EXPECT_EQ(batch.bytes(), 0U);
}

TEST_F(BatchTest, ThereIsOneBatchAtATimeAndNoneOfAReader) {
  const auto two = [&] {
    const Batch first(*view);
    const Batch second(*view);
  };
  EXPECT_DEATH(two(), "two batches of one view");
  view.reset();
  const auto reader = View::open_reader(folder, options).value();
  EXPECT_DEATH(Batch{*reader}, "opened to be read");
}

}  // namespace
}  // namespace refold::view
