#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

TEST(Watermark, WakesWhoWaitsWhenTheirSeqIsReached) {
  Watermark mark;
  mark.set_current(true);
  mark.advance(5);
  EXPECT_EQ(mark.wait(5, within_time(0s)), Watermark::Outcome::reached);
  EXPECT_EQ(mark.wait(6, within_time(1ms)), Watermark::Outcome::late);
  std::thread later([&] {
    std::this_thread::sleep_for(5ms);
    mark.advance(6);
    mark.advance(9);
  });
  EXPECT_EQ(mark.wait(8, within_time()), Watermark::Outcome::reached);
  later.join();
  mark.advance(3);
  EXPECT_EQ(mark.position(), 9U);
}

TEST(Watermark, TellsWhoWaitsThatItStandsStillOrIsNotCurrent) {
  Watermark mark;
  EXPECT_EQ(mark.wait(1, within_time()), Watermark::Outcome::left);
  mark.set_current(true);
  std::thread later([&] {
    std::this_thread::sleep_for(5ms);
    mark.halt(Error{Errc::unsupported, "why"});
  });
  EXPECT_EQ(mark.wait(1, within_time()), Watermark::Outcome::halted);
  later.join();
  EXPECT_EQ(mark.halted()->message, "why");
  mark.halt(std::nullopt);
  later = std::thread([&] {
    std::this_thread::sleep_for(5ms);
    mark.set_current(false);
  });
  EXPECT_EQ(mark.wait(1, within_time()), Watermark::Outcome::left);
  later.join();
  // Its keeper waits for it all the same.
  later = std::thread([&] {
    std::this_thread::sleep_for(5ms);
    mark.advance(1);
  });
  EXPECT_TRUE(mark.wait_for(1, within_time()));
  later.join();
}

struct WaitTest : ProjectionTest {};

TEST_F(WaitTest, TimesOutWithThePosition) {
  post_some("alice", 3);
  Supervisor& tally = load("tally");
  catch_up("tally");
  EXPECT_TRUE(failed(tally.wait(4, within_time(20ms)), Errc::timeout, "is at seq 3, not at 4 yet"));
}

/// Each waiter appends a post and waits for it: then it must find at least so many.
TEST_F(WaitTest, AThousandWaitersReadWhatTheyWaitedForAcrossPromotions) {
  Supervisor& tally = load("tally");
  catch_up("tally");
  constexpr int waiters = 1000;
  std::atomic<int> wrong{0};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int number = 1; number <= waiters; ++number) {
    threads.emplace_back([&, number] {
      const auto seq = static_cast<log::Seq>(number);
      if (tally.wait(seq, within_time(60s)).has_error() || count("tally", post) < seq) ++wrong;
      ++done;
    });
  }
  std::atomic<bool> stop{false};
  std::thread promoting([&] {
    while (!stop) {
      if (tally.replay({}).has_value()) {
        (void)comes_true([&] { return status("tally").generations.size() < 3 || stop; }, 100ms);
      }
      (void)tally.prune();
      std::this_thread::sleep_for(1ms);
    }
  });
  for (int number = 0; number < waiters / 10; ++number) post_some("alice", 10, 1 + number * 10);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current > 2; })) << "no promotion";
  stop = true;
  promoting.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(done, waiters);
}

}  // namespace
}  // namespace refold::projection
