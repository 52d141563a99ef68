#include "core/log/sealer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/log/limits.h"
#include "core/log/witness_log_impl.h"
#include "tests/support/child.h"
#include "tests/support/events.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;
namespace fs = std::filesystem;

struct SealerTest : ::testing::Test {
  TempFolder folder;
  fs::path data = folder / "data";
  fs::path segments = data / "log" / "segments";
  std::unique_ptr<WitnessLog> log;
  std::vector<TestEvent> all;

  void open() {
    log.reset();
    log = WitnessLog::open_writer(data).value();
  }
  void fill(std::size_t count) {
    open();
    for (Seq next = 1; next <= count; next += 1'000) {
      const std::size_t some = std::min<std::size_t>(1'000, count + 1 - next);
      for (TestEvent& event : append(*log, random_events(some, next, next))) {
        all.push_back(std::move(event));
      }
    }
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(segments)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(SealerTest, ASegmentThatEndsEarlyCountsWhatItHolds) {
  open();
  std::vector<TestEvent> events;
  for (Seq seq = 1; seq <= 3 * chunk_events; ++seq) {
    events.push_back(deleted("x", "1"));
    events.back().did = "did:web:" + std::to_string(seq) + std::string(2'030, 'a');
  }
  append(*log, events);
  EXPECT_EQ(log->seal().value(), 2 * chunk_events);
  EXPECT_EQ(log->stat().value().sealed_last, 2 * chunk_events);
  EXPECT_EQ(log->seal().value(), chunk_events);
}

TEST_F(SealerTest, SealsWholeChunksAndLeavesTheRestInTheTail) {
  fill(10'000);
  EXPECT_EQ(log->seal().value(), 2 * chunk_events);
  EXPECT_EQ(log->seal().value(), 0U);
  EXPECT_EQ(log->stat().value().tail_events, 10'000 - 2 * chunk_events);
  EXPECT_EQ(files().size(), 1U);
  EXPECT_TRUE(holds(read_all(*log), all));
  open();
  EXPECT_TRUE(holds(read_all(*log), all));
}

TEST_F(SealerTest, AnUnfinishedChunkIsNotSealed) {
  fill(chunk_events - 1);
  EXPECT_EQ(log->seal().value(), 0U);
  EXPECT_TRUE(files().empty());
}

TEST_F(SealerTest, ALogThatWasSealedToTheLastEventGoesOnWithTheNextSeq) {
  fill(2 * chunk_events);
  EXPECT_EQ(log->seal().value(), 2 * chunk_events);
  EXPECT_EQ(log->stat().value().tail_events, 0U);
  open();
  EXPECT_EQ(log->last().value(), 2 * chunk_events);
  const auto next = append(*log, {created("alice", "1")});
  EXPECT_EQ(next[0].event.seq, 2 * chunk_events + 1);
  EXPECT_GE(next[0].event.witness_us, all.back().event.witness_us);
}

TEST_F(SealerTest, TheRootIsTheSameBeforeAndAfterSealingHoweverTheChunksAreGrouped) {
  fill(12'345);
  const Sha256Digest root = log->root().value();
  EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
  EXPECT_EQ(log->root().value(), root);
  EXPECT_EQ(log->seal().value(), 2 * chunk_events);
  EXPECT_EQ(log->root().value(), root);
  open();
  EXPECT_EQ(log->root().value(), root);
  append(*log, {created("alice", "1")});
  EXPECT_NE(log->root().value(), root);
}

TEST_F(SealerTest, TheRootDependsOnEveryEvent) {
  fill(5'000);
  const Sha256Digest root = log->root().value();
  log.reset();
  fs::remove_all(data);
  open();
  EXPECT_EQ(log->root().value(), Sha256Digest{});
  all[17].rkey += "x";
  append(*log, all);
  EXPECT_NE(log->root().value(), root);
}

TEST_F(SealerTest, PrunedRowsMakeRoomForNewOnes) {
  fill(40'000);
  const std::uint64_t before = log->stat().value().tail_file_bytes;
  for (int round = 0; round < (sanitized ? 1 : 3); ++round) {
    EXPECT_GT(log->seal().value(), 0U);
    append(*log, random_events(40'000, 7, all.size() + 1));
  }
  EXPECT_LT(log->stat().value().tail_file_bytes, 2 * before);
}

TEST_F(SealerTest, AppendsGoOnWhileItSealsAndPrunes) {
  fill(60'000);
  std::thread sealer([&] { EXPECT_GT(log->seal().value(), 0U); });
  for (int round = 0; round < 50; ++round) {
    for (TestEvent& event : append(*log, random_events(10, 8, all.size() + 1))) {
      all.push_back(std::move(event));
    }
  }
  sealer.join();
  EXPECT_TRUE(holds(read_all(*log), all));
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(SealerTest, ASegmentThatDoesNotReadBackAsWrittenIsRefusedAndNothingIsPruned) {
  fill(chunk_events);
  SegmentPlan plan;
  plan.log_id = log->id();
  plan.first = 1;
  plan.last = chunk_events;
  const auto range = [&](const std::vector<TestEvent>& events) -> EventRange {
    return [&events](Seq first, Seq last, const EventVisitor& visit) -> Result<void> {
      for (Seq seq = first; seq <= last; ++seq) REFOLD_CHECK(visit(events[seq - 1].view()));
      return ok();
    };
  };
  const SegmentInfo info = write_segment(segments, plan, range(all)).value();
  EXPECT_TRUE(verify_new_segment(log->impl(), info, range(all)).has_value());
  std::vector<TestEvent> others = all;
  others[1'234].event.flags ^= flag::late;
  EXPECT_TRUE(failed(verify_new_segment(log->impl(), info, range(others)), Errc::corrupt,
                     ".seg.new: event 1235 does not read back as it was written"));
}

TEST_F(SealerTest, FilesThatAreNotListedAreRemovedAtTheNextOpen) {
  fill(chunk_events);
  EXPECT_EQ(log->seal().value(), chunk_events);
  const std::vector<std::string> before = files();
  std::ofstream(segments / "00000000000000004097-00000000000000008192.0.seg") << "x";
  std::ofstream(segments / "00000000000000004097-00000000000000008192.0.seg.new") << "x";
  std::ofstream(segments / "notes.txt") << "somebody's own";
  open();
  std::vector<std::string> expected = before;
  expected.emplace_back("notes.txt");
  EXPECT_EQ(files(), expected);
}

TEST_F(SealerTest, ASealThatFailsAfterWritingLeavesNoFileBehind) {
  fill(chunk_events);
  const fs::path in_its_place = segments / "00000000000000000001-00000000000000004096.0.seg";
  fs::create_directories(in_its_place / "somebody's own");
  EXPECT_TRUE(failed(log->seal(), Errc::io, "name the segment"));
  EXPECT_EQ(files(), std::vector<std::string>{in_its_place.filename()});
  fs::remove_all(in_its_place);
  EXPECT_EQ(log->seal().value(), chunk_events);
  EXPECT_TRUE(holds(read_all(*log), all));
}

TEST_F(SealerTest, ASegmentFileThatIsGoneIsNamed) {
  fill(chunk_events);
  EXPECT_EQ(log->seal().value(), chunk_events);
  const std::string name = files()[0];
  open();
  fs::remove(segments / name);
  Page page;
  EXPECT_TRUE(failed(log->get(1, page), Errc::corrupt, name + ": the file is gone"));
  Reader reader(*log, 1, Matcher::make({}).value());
  EXPECT_TRUE(failed(reader.next(page), Errc::corrupt, name + ": the file is gone"));
}

// Crashes -----------------------------------------------------------------------------------------

/// Run by the tests below in a process of its own, with REFOLD_CRASH_AT set.
TEST(SealerChild, DISABLED_Seals) {
  const auto log = WitnessLog::open_writer(getenv("REFOLD_TEST_DATA")).value();
  ASSERT_TRUE(log->seal().has_value());
}

struct SealerCrash : SealerTest, ::testing::WithParamInterface<const char*> {};

TEST_P(SealerCrash, KeepsEveryEventExactlyOnceAndIsCleanedUpAtTheNextOpen) {
  fill(20'000);
  const Sha256Digest root = log->root().value();
  log.reset();
  const int status = run_again("SealerChild.DISABLED_Seals", {{"REFOLD_TEST_DATA", data.native()},
                                                              {"REFOLD_CRASH_AT", GetParam()}});
  ASSERT_TRUE(was_killed(status)) << status;
  {
    const auto reader = WitnessLog::open_reader(data).value();
    EXPECT_TRUE(holds(read_all(*reader), all));
    EXPECT_TRUE(reader->verify().has_value());
  }
  open();
  EXPECT_TRUE(holds(read_all(*log), all));
  EXPECT_EQ(log->stat().value().pruned_last, log->stat().value().sealed_last);
  EXPECT_EQ(files().size(), log->stat().value().segments.size());
  EXPECT_EQ(log->root().value(), root);
  EXPECT_TRUE(log->seal().has_value());
  EXPECT_EQ(log->stat().value().sealed_last, 4 * chunk_events);
  const auto verified = log->verify();
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(log->root().value(), root);
}

INSTANTIATE_TEST_SUITE_P(After, SealerCrash,
                         ::testing::Values("seal.written", "seal.verified", "seal.renamed",
                                           "seal.listed", "prune.slice"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace refold::log
