#include <gtest/gtest.h>

#include <thread>

#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using Commits = RecorderTest;
using Log = std::vector<std::string>;

std::vector<TestDraft> posts(std::string_view who, int from, int to, std::size_t text_bytes = 1) {
  std::vector<TestDraft> made;
  for (int number = from; number < to; ++number) {
    made.push_back(create(who, std::to_string(number), static_cast<std::uint64_t>(number),
                          std::string(text_bytes, 'a')));
  }
  return made;
}

TEST_F(Commits, ABatchCommitsWithItsCursor) {
  record({create("alice", "1", 1, "a")}, "relay", {{{"relay", "42"}}, {}});
  EXPECT_EQ(recorder->log().cursor("relay").value(), "42");
  record({}, "relay", {{{"relay", "43"}}, {}});
  EXPECT_EQ(recorder->log().cursor("relay").value(), "43");
  EXPECT_EQ(recorder->log().last().value(), 1U);
}

TEST_F(Commits, ABatchLongerThanAGroupIsSplitAndSeesItself) {
  options.group_events_max = 3;
  reopen();
  std::vector<TestDraft> drafts;
  for (int round = 1; round <= 20; ++round) {
    drafts.push_back(
        update("alice", "1", static_cast<std::uint64_t>(round), std::to_string(round)));
  }
  EXPECT_EQ(record(drafts, "test", {{{"test", "end"}}, {}}).appended, 20U);
  const log::Page all = history();
  for (std::size_t place = 1; place < all.events.size(); ++place) {
    EXPECT_EQ(all.events[place].previous_seq, place);
    EXPECT_EQ(seen(all.events[place]),
              "replaced " + std::to_string(place) + " -> " + std::to_string(place + 1));
  }
  EXPECT_EQ(recorder->log().cursor("test").value(), "end");
}

TEST_F(Commits, BatchesFromManyThreadsAreAllRecorded) {
  constexpr int threads = 8;
  constexpr int rounds = 25;
  std::vector<std::thread> sources;
  sources.reserve(threads);
  for (int number = 0; number < threads; ++number) {
    sources.emplace_back([&, number] {
      const std::string who = "user" + std::string(1, static_cast<char>('a' + number));
      for (int round = 1; round <= rounds; ++round) {
        const auto drafts = posts(who, round, round + 1);
        EXPECT_EQ(recorder->record(batch_of(drafts, who)).value().appended, 1U);
        EXPECT_TRUE(head(who, std::to_string(round)).has_value());
      }
    });
  }
  for (std::thread& source : sources) source.join();
  EXPECT_EQ(recorder->log().last().value(), static_cast<log::Seq>(threads * rounds));
  expect_index_is_as_built_anew();
}

TEST_F(Commits, WhatWasSubmittedIsRecordedBeforeTheRecorderCloses) {
  std::vector<std::future<Result<Outcome>>> outcomes;
  outcomes.reserve(20);
  for (int number = 0; number < 20; ++number) {
    outcomes.push_back(recorder->submit(batch_of(posts("alice", number + 1, number + 2))));
  }
  recorder.reset();
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().value().appended, 1U);
  recorder = Recorder::open(data, options).value();
  EXPECT_EQ(recorder->log().last().value(), 20U);
}

TEST_F(Commits, ABatchWithABadCursorFailsAlone) {
  auto bad = recorder->submit(batch_of({}, "one", {{{"", "x"}}, {}}));
  auto good = recorder->submit(batch_of(posts("alice", 1, 2), "other"));
  EXPECT_TRUE(failed(bad.get(), Errc::invalid, "cursor"));
  EXPECT_EQ(good.get().value().appended, 1U);
}

/// A log whose address space ends after a few commits.
struct FullLog : RecorderTest {
  std::uint64_t recorded = 0;

  FullLog() {
    options.log.map_bytes = std::size_t{1} << 20;
    options.group_delay = std::chrono::microseconds(0);
    reopen();
    // Until nothing more fits.
    for (int number = 1;; ++number) {
      const auto outcome = recorder->record(batch_of(posts("alice", number, number + 1, 5'000)));
      if (outcome.has_error()) break;
      ++recorded;
    }
  }
};

TEST_F(FullLog, AFailedAppendLeavesNoTrace) {
  EXPECT_GT(recorded, 10U);
  const int next = static_cast<int>(recorded) + 1;
  const auto draft = posts("alice", next, next + 1, 5'000);
  EXPECT_TRUE(failed(recorder->record(batch_of(draft, "test", {{{"test", "x"}}, {}})),
                     Errc::no_space, "tail.mdb"));
  EXPECT_EQ(recorder->log().last().value(), recorded);
  EXPECT_EQ(recorder->log().cursor("test").value(), std::nullopt);
  EXPECT_EQ(head("alice", std::to_string(next)), std::nullopt);
  options.log.map_bytes = std::size_t{64} << 20;
  reopen();
  EXPECT_EQ(head("alice", std::to_string(next)), std::nullopt);
  EXPECT_EQ(record(draft).appended, 1U);
  expect_index_is_as_built_anew();
}

TEST_F(FullLog, WhatFitsIsRecordedAfterAFailure) {
  const auto small = recorder->record(batch_of({create("bob", "1", 1, "a")}, "other"));
  // One small event may fit where five thousand bytes do not.
  if (small.has_value()) {
    EXPECT_EQ(head("bob", "1")->seq, recorded + 1);
  }
  EXPECT_EQ(head("alice", "1")->seq, 1U);
  expect_index_is_as_built_anew();
}

TEST_F(FullLog, NothingOfABatchThatIsTooLongForTheLogIsAcknowledged) {
  const int next = static_cast<int>(recorded) + 1;
  const auto outcome = recorder->record(batch_of(posts("alice", next, next + 50, 5'000), "relay"));
  EXPECT_TRUE(failed(outcome, Errc::no_space, "tail.mdb"));
  EXPECT_EQ(recorder->log().last().value(), recorded);
}

TEST_F(Commits, NoCursorPassesABatchThatFailed) {
  options.group_delay = std::chrono::milliseconds(200);  // long enough for all three
  reopen();
  const auto run = std::make_shared<index::Run>();
  const auto in_run = [&](DraftBatch batch) {
    batch.run = run;
    return batch;
  };
  auto bad = recorder->submit(in_run(batch_of(posts("alice", 1, 2), "relay", {{{"", ""}}, {}})));
  auto behind =
      recorder->submit(in_run(batch_of(posts("alice", 2, 3), "relay", {{{"relay", "2"}}, {}})));
  auto other = recorder->submit(batch_of(posts("bob", 1, 2), "pds", {{{"pds", "1"}}, {}}));
  EXPECT_TRUE(failed(bad.get(), Errc::invalid, "cursor"));
  EXPECT_TRUE(failed(behind.get(), Errc::closed, "an earlier batch of source relay failed"));
  EXPECT_EQ(other.get().value().appended, 1U);
  EXPECT_EQ(recorder->log().cursor("relay").value(), std::nullopt);
  EXPECT_EQ(recorder->log().cursor("pds").value(), "1");
  auto later =
      recorder->submit(in_run(batch_of(posts("alice", 3, 4), "relay", {{{"relay", "3"}}, {}})));
  EXPECT_TRUE(failed(later.get(), Errc::closed, "an earlier batch of source relay failed"))
      << "however much later it comes";
  EXPECT_EQ(record(posts("alice", 2, 3), "relay", {{{"relay", "2"}}, {}}).appended, 1U);
}

TEST_F(Commits, AFailedBatchDoesNotKeepItsSourceFromGoingOn) {
  EXPECT_TRUE(recorder->record(batch_of({}, "relay", {{{"", ""}}, {}})).has_error());
  EXPECT_EQ(record(posts("alice", 1, 2), "relay").appended, 1U);
}

}  // namespace
}  // namespace refold::index
