#include "core/log/reader.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/log/limits.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;

/// 20,000 events of all sorts: two segments, and a tail that begins in the third.
struct ReaderTest : ::testing::Test {
  static constexpr std::size_t count = 20'000;
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  std::unique_ptr<WitnessLog> log = WitnessLog::open_writer(data).value();
  std::vector<TestEvent> all;

  void SetUp() override {
    for (Seq next = 1; next <= count; next += 1'000) {
      for (TestEvent& event : append(*log, random_events(1'000, next, next))) {
        all.push_back(std::move(event));
      }
    }
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
    EXPECT_EQ(log->seal(2 * chunk_events).value(), 2 * chunk_events);
    EXPECT_EQ(log->stat().value().sealed_last, 3 * chunk_events);
  }
  std::vector<Seq> expected(const Filter& filter, Seq from = 1) const {
    const Matcher matcher = Matcher::make(filter).value();
    std::vector<Seq> wanted;
    for (const TestEvent& event : all) {
      if (event.event.seq >= from && matcher.wants(event.view())) wanted.push_back(event.event.seq);
    }
    return wanted;
  }
};

TEST_F(ReaderTest, CrossesFromSegmentToSegmentToTailWithoutAGapOrARepetition) {
  const Page page = read_all(*log);
  EXPECT_TRUE(holds(page, all));
  EXPECT_EQ(page.next, count + 1);
}

TEST_F(ReaderTest, StartsAnywhere) {
  for (const Seq from : {Seq{1}, Seq{2}, chunk_events, chunk_events + 1, 3 * chunk_events - 1,
                         3 * chunk_events, 3 * chunk_events + 1, Seq{19'999}, Seq{20'000}}) {
    const std::vector<TestEvent> rest(all.begin() + static_cast<std::ptrdiff_t>(from - 1),
                                      all.end());
    EXPECT_TRUE(holds(read_all(*log, {.history = true}, from), rest)) << from;
  }
  EXPECT_TRUE(holds(read_all(*log, {.history = true}, 0), all));
  EXPECT_TRUE(read_all(*log, {.history = true}, count + 1).events.empty());
}

TEST_F(ReaderTest, EveryFilterGivesWhatLookingAtEachEventGives) {
  const std::vector<Filter> filters = {
      {},
      {.history = true},
      {.collections = {std::string(like)}},
      {.collections = {"app.bsky.feed.*"}},
      {.collections = {"org.example.*"}, .history = true},
      {.collections = {"org.example.absent"}, .kinds = {Kind::create}},
      {.dids = {did_of("usera"), did_of("userb")}},
      {.dids = {did_of("nobody")}, .history = true},
      {.kinds = {Kind::remove}, .history = true},
      {.kinds = {Kind::identity, Kind::account}},
      {.collections = {std::string(post)}, .dids = {did_of("userc")}, .kinds = {Kind::update}},
  };
  for (std::size_t index = 0; index < filters.size(); ++index) {
    EXPECT_EQ(seqs(read_all(*log, filters[index])), expected(filters[index])) << index;
    EXPECT_EQ(seqs(read_all(*log, filters[index], 9'000)), expected(filters[index], 9'000))
        << index;
  }
}

TEST_F(ReaderTest, APageIsBoundedAndItsNextIsWhereTheFollowingOneStarts) {
  Reader reader(*log, 1, Matcher::make({.history = true}).value());
  Page page;
  Seq position = 1;
  while (reader.next(page).value()) {
    EXPECT_LE(page.events.size(), page_events_max);
    ASSERT_FALSE(page.events.empty());
    EXPECT_EQ(page.events.front().seq, position);
    EXPECT_EQ(page.events.back().seq + 1, page.next);
    EXPECT_EQ(reader.position(), page.next);
    position = page.next;
  }
  EXPECT_EQ(position, count + 1);
}

TEST_F(ReaderTest, AtTheEndTheNextIsTheSeqToWaitForAndReadingGoesOnThere) {
  Reader reader(*log, count, Matcher::make({.history = true}).value());
  Page page;
  EXPECT_TRUE(reader.next(page).value());
  EXPECT_FALSE(reader.next(page).value());
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.next, count + 1);
  const auto appended = append(*log, {created("alice", "1")});
  EXPECT_TRUE(reader.next(page).value());
  EXPECT_TRUE(holds(page, appended));
}

TEST_F(ReaderTest, APageOfLargeRecordsIsBoundedByBytesButNeverEmpty) {
  std::vector<TestEvent> large;
  for (int index = 0; index < 30; ++index) {
    TestEvent event = created("alice", std::to_string(index));
    event.record.assign(record_bytes_max, static_cast<std::uint8_t>(index));
    large.push_back(event);
  }
  append(*log, large);
  Reader reader(*log, count + 1, Matcher::make({}).value());
  Page page;
  std::size_t read = 0;
  while (reader.next(page).value()) {
    ASSERT_FALSE(page.events.empty());
    std::size_t bytes = 0;
    for (const Event& event : page.events) bytes += event.record.size();
    EXPECT_LE(bytes, page_bytes_max + page_batch_events * record_bytes_max);
    read += page.events.size();
  }
  EXPECT_EQ(read, 30U);
}

TEST_F(ReaderTest, AFilterThatNothingPassesStillMovesOn) {
  Reader reader(*log, 1, Matcher::make({.dids = {did_of("nobody")}}).value());
  Page page;
  int pages = 0;
  for (Seq before = 1; reader.next(page).value(); before = page.next) {
    EXPECT_TRUE(page.events.empty());
    EXPECT_GT(page.next, before);
    ++pages;
  }
  EXPECT_EQ(page.next, count + 1);
  EXPECT_LT(pages, 10);
}

TEST_F(ReaderTest, APageOutlivesItsReaderAndItsSegments) {
  Page page;
  {
    Reader reader(*log, 1, Matcher::make({.history = true}).value());
    ASSERT_TRUE(reader.next(page).value());
  }
  Page moved = std::move(page);
  EXPECT_TRUE(
      holds(moved, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(moved.events.size())}));
}

TEST_F(ReaderTest, EachEventIsFoundByItsSeqWhereverItIs) {
  std::mt19937_64 random(3);
  Page page;
  for (int round = 0; round < 2'000; ++round) {
    const Seq seq = 1 + random() % count;
    page.clear();
    ASSERT_TRUE(log->get(seq, page).has_value());
    ASSERT_TRUE(same(page.events.back(), all[seq - 1].view())) << seq;
  }
}

TEST_F(ReaderTest, TheFirstEventWitnessedAtATimeIsFoundInSegmentsAndTail) {
  std::int64_t before = 0;
  for (const TestEvent& event : all) {
    if (event.event.witness_us == before) continue;
    EXPECT_EQ(log->first_witnessed_at(before + 1).value(), event.event.seq);
    EXPECT_EQ(log->first_witnessed_at(event.event.witness_us).value(), event.event.seq);
    before = event.event.witness_us;
  }
  EXPECT_EQ(log->first_witnessed_at(before + 1).value(), count + 1);
}

TEST_F(ReaderTest, ManyReadersReadWhileEventsAreAppendedSealedAndPruned) {
  constexpr Seq last = count + 30'000;
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int index = 0; index < 3; ++index) {
    readers.emplace_back([&, index] {
      Reader reader(*log, 1, Matcher::make({.history = true}).value());
      Page page;
      Page one;
      for (Seq expected = 1; expected <= last;) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        if (!log->wait(expected, deadline).value()) break;
        EXPECT_TRUE(reader.next(page).value());
        for (const Event& event : page.events) ASSERT_EQ(event.seq, expected++);
        one.clear();
        EXPECT_TRUE(log->get(1 + (expected * 7919 + static_cast<Seq>(index)) % expected / 2, one)
                        .has_value());
      }
    });
  }
  std::thread sealer([&] {
    while (log->stat().value().sealed_last + chunk_events < last) log->seal(chunk_events).value();
  });
  for (Seq next = count + 1; next <= last; next += 500) append(*log, random_events(500, 1, next));
  sealer.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(ReaderTest, FewOpenSegmentsAreEnough) {
  log.reset();
  LogOptions options;
  options.open_segments_bytes = 1;
  options.frame_cache_bytes = 1;
  log = WitnessLog::open_writer(data, options).value();
  EXPECT_TRUE(holds(read_all(*log), all));
  Page page;
  for (const Seq seq : {Seq{1}, chunk_events + 1, Seq{2}, chunk_events + 2}) {
    page.clear();
    ASSERT_TRUE(log->get(seq, page).has_value());
    EXPECT_TRUE(same(page.events.back(), all[seq - 1].view()));
  }
}

}  // namespace
}  // namespace refold::log
