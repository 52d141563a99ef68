#include "core/log/pages_ahead.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/log/limits.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;

/// 20,000 events: a segment of the first 4,096, and a tail.
struct PagesAheadTest : ::testing::Test {
  static constexpr std::size_t count = 20'000;
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  std::unique_ptr<WitnessLog> log = WitnessLog::open_writer(data).value();

  void SetUp() override {
    more(count, 1);
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
  }
  void more(std::size_t events, Seq seed) { append(*log, random_events(events, seed, seed)); }
  [[nodiscard]] Reader reader(Seq from = 1) const {
    return Reader(*log, from, Matcher::make({.history = true}).value());
  }
  /// Takes pages to the end; each event has the seq that comes next.
  static Seq take_all(PagesAhead& pages) {
    Page page;
    Seq next = pages.position();
    for (;;) {
      const auto more = pages.next(page);
      EXPECT_TRUE(more.has_value());
      if (more.has_error() || !*more) return next;
      for (const Event& event : page.events) EXPECT_EQ(event.seq, next++);
      EXPECT_EQ(page.next, next);
      EXPECT_EQ(pages.position(), next);
    }
  }
};

TEST_F(PagesAheadTest, GivesThePagesOfItsReader) {
  for (const bool ahead : {false, true}) {
    PagesAhead pages(reader());
    if (ahead) pages.start();
    EXPECT_EQ(take_all(pages), count + 1) << ahead;
  }
}

TEST_F(PagesAheadTest, GoesOnWithWhatComesAfterTheEnd) {
  PagesAhead pages(reader(count - 10));
  for (const bool ahead : {true, false, true}) {
    if (ahead) pages.start();
    (void)take_all(pages);
    const Seq last = log->last().value();
    more(3'000, last + 1);
    EXPECT_EQ(take_all(pages), last + 3'001);
  }
}

TEST_F(PagesAheadTest, WhatCameBehindTheEndThatItMetIsReadToo) {
  PagesAhead pages(reader(count));
  pages.start();
  Page page;
  ASSERT_TRUE(pages.next(page).value());
  more(1, count + 1);
  EXPECT_EQ(take_all(pages), count + 2);
}

TEST_F(PagesAheadTest, SeekForgetsWhatWasReadAhead) {
  PagesAhead pages(reader());
  pages.start();
  Page page;
  ASSERT_TRUE(pages.next(page).value());
  const Seq here = pages.position();
  // By then it has read on.
  ASSERT_TRUE(pages.next(page).value());
  const Seq seq = page.events.front().seq;
  const std::string did(page.events.front().did);
  pages.seek(here);
  EXPECT_EQ(pages.position(), here);
  pages.start();
  ASSERT_TRUE(pages.next(page).value());
  EXPECT_EQ(page.events.front().seq, seq);
  EXPECT_EQ(page.events.front().did, did);
  pages.seek(5);
  EXPECT_EQ(take_all(pages), count + 1);
}

TEST_F(PagesAheadTest, AnErrorComesWhereItIsMetAndTheReaderStaysThere) {
  log.reset();
  const auto segment = std::filesystem::directory_iterator(data / "log" / "segments")->path();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(segment) / 2));
    file.write("damaged", 7);
  }
  log = WitnessLog::open_writer(data).value();
  PagesAhead pages(reader());
  pages.start();
  Page page;
  Result<bool> more = true;
  while (more.has_value() && *more) more = pages.next(page);
  ASSERT_TRUE(more.has_error());
  EXPECT_EQ(more.error().code, Errc::corrupt);
  const Seq here = pages.position();
  EXPECT_LE(here, chunk_events);
  EXPECT_TRUE(pages.next(page).has_error());
  EXPECT_EQ(pages.position(), here);
}

TEST_F(PagesAheadTest, EndsInTheMidstOfReading) {
  for (int round = 0; round < 50; ++round) {
    PagesAhead pages(reader());
    pages.start();
    Page page;
    if (round % 2 == 0) {
      EXPECT_TRUE(pages.next(page).value());
    }
  }
}

}  // namespace
}  // namespace refold::log
