#include "core/log/witness_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "core/log/limits.h"
#include "core/log/reader.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct WitnessLogTest : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  std::unique_ptr<WitnessLog> log = WitnessLog::open_writer(data).value();

  void reopen(const LogOptions& options = {}) {
    log.reset();
    log = WitnessLog::open_writer(data, options).value();
  }
};

TEST_F(WitnessLogTest, SeqsAreDenseFromOneInTheOrderOfTheAppends) {
  EXPECT_EQ(log->last().value(), 0U);
  const auto first = append(*log, {created("alice", "1"), created("bob", "1")});
  const auto second = append(*log, {deleted("alice", "1").over(1, first[0])});
  EXPECT_EQ(first[0].event.seq, 1U);
  EXPECT_EQ(first[1].event.seq, 2U);
  EXPECT_EQ(second[0].event.seq, 3U);
  EXPECT_EQ(log->last().value(), 3U);
}

TEST_F(WitnessLogTest, EveryFieldOfEveryKindOfEventComesBackAsItWasAppended) {
  std::vector<TestEvent> all;
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (TestEvent& event : append(*log, random_events(100, round, all.size() + 1))) {
      all.push_back(std::move(event));
    }
  }
  EXPECT_TRUE(holds(read_all(*log), all));
  reopen();
  EXPECT_TRUE(holds(read_all(*log), all));
  Page page;
  for (const TestEvent& event : all) {
    page.clear();
    ASSERT_TRUE(log->get(event.event.seq, page).has_value());
    EXPECT_TRUE(same(page.events.back(), event.view()));
  }
}

TEST_F(WitnessLogTest, AnEventThatIsNotThereIsNamedWithTheEndOfTheLog) {
  append(*log, {created("alice", "1")});
  Page page;
  EXPECT_TRUE(failed(log->get(2, page), Errc::not_found, "no event 2: the log ends at 1"));
  EXPECT_TRUE(failed(log->get(0, page), Errc::not_found, "no event 0"));
}

TEST_F(WitnessLogTest, WitnessTimesNeverDecreaseAndOneCommitHasOne) {
  std::int64_t before = 0;
  for (int round = 0; round < 50; ++round) {
    const auto events = append(*log, {created("alice", "1"), created("alice", "2")});
    EXPECT_GE(events[0].event.witness_us, before);
    EXPECT_EQ(events[0].event.witness_us, events[1].event.witness_us);
    before = events[1].event.witness_us;
  }
}

TEST_F(WitnessLogTest, ARecordOfOneMebibyteIsAppendedAndOneOfTwoIsRefusedByName) {
  TestEvent event = created("alice", "1");
  event.record.assign(record_bytes_max, 0x61);
  event.previous_record = event.record;
  event.event.previous_state = PreviousState::known;
  event.event.previous_seq = 1;
  const auto kept = append(*log, {event});
  EXPECT_TRUE(holds(read_all(*log), kept));
  event.record.assign(2 * record_bytes_max, 0x61);
  std::vector<TestEvent> refused = {created("bob", "1"), event};
  EXPECT_TRUE(failed(try_append(*log, refused), Errc::too_large,
                     "event 2 of 2 to append: record has 2097152 bytes, the limit is 1048576"));
  EXPECT_EQ(log->last().value(), 1U);
}

TEST_F(WitnessLogTest, EventsAndExtrasCommitTogetherOrNotAtAll) {
  append(*log, {created("alice", "1")}, {{{"firehose", "17"}}, {{"repo/alice", "rev1"}}});
  EXPECT_EQ(log->cursor("firehose").value(), "17");
  EXPECT_EQ(log->mark("repo/alice").value(), "rev1");
  std::vector<TestEvent> events = {created("alice", "2")};
  const CommitExtras bad{{{"firehose", "18"}}, {{std::string(512, 'k'), "x"}}};
  EXPECT_TRUE(failed(try_append(*log, events, bad), Errc::too_large, "mark key has 512 bytes"));
  EXPECT_EQ(log->cursor("firehose").value(), "17");
  EXPECT_EQ(log->last().value(), 1U);
}

TEST_F(WitnessLogTest, ExtrasCommitWithoutEvents) {
  append(*log, {}, {{{"a", std::string("\0\1", 2)}, {"b", ""}}, {{std::string(511, 'k'), "v"}}});
  reopen();
  EXPECT_EQ(log->cursor("a").value(), std::string("\0\1", 2));
  EXPECT_EQ(log->cursor("b").value(), "");
  EXPECT_EQ(log->cursor("c").value(), std::nullopt);
  EXPECT_EQ(log->mark(std::string(511, 'k')).value(), "v");
  EXPECT_EQ(log->last().value(), 0U);
  ASSERT_EQ(log->cursors().value().size(), 2U);
  EXPECT_GT(log->cursors().value()[0].updated_us, 0);
  ASSERT_TRUE(log->remove_cursor("a").has_value());
  ASSERT_TRUE(log->remove_cursor("a").has_value());
  EXPECT_EQ(log->cursor("a").value(), std::nullopt);
}

TEST_F(WitnessLogTest, MarksAreVisitedInKeyOrderAndMayBeAskedForMeanwhile) {
  CommitExtras extras;
  for (int index = 0; index < 10'000; ++index) {
    extras.marks.push_back({"mark" + std::to_string(100'000 + index), std::to_string(index)});
  }
  append(*log, {}, extras);
  int next = 0;
  const auto visited = log->visit_marks([&](std::string_view key, std::string_view value) {
    EXPECT_EQ(key, "mark" + std::to_string(100'000 + next));
    EXPECT_EQ(value, std::to_string(next++));
    EXPECT_TRUE(log->mark(key).value().has_value());
    return ok();
  });
  ASSERT_TRUE(visited.has_value());
  EXPECT_EQ(next, 10'000);
}

TEST_F(WitnessLogTest, WaitEndsWithTheAppendOrAtTheDeadline) {
  EXPECT_FALSE(log->wait(1, std::chrono::steady_clock::now() + 10ms).value());
  std::thread appender([&] {
    std::this_thread::sleep_for(20ms);
    append(*log, {created("alice", "1")});
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(log->wait(1, start + 30s).value());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  appender.join();
}

TEST_F(WitnessLogTest, TheFirstEventWitnessedAtATimeIsFound) {
  append(*log, {created("alice", "1"), created("alice", "2")});
  std::this_thread::sleep_for(2ms);
  const auto later = append(*log, {created("alice", "3"), created("alice", "4")});
  const std::int64_t then = later[0].event.witness_us;
  EXPECT_EQ(log->first_witnessed_at(0).value(), 1U);
  EXPECT_EQ(log->first_witnessed_at(then).value(), 3U);
  EXPECT_EQ(log->first_witnessed_at(then - 1).value(), 3U);
  EXPECT_EQ(log->first_witnessed_at(then + 1).value(), 5U);
}

TEST_F(WitnessLogTest, TheDataFolderIsPrivate) {
  for (const auto& path : {data, data / "log", data / "log" / "segments"}) {
    struct stat status = {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U) << path;
  }
  struct stat status = {};
  ASSERT_EQ(stat((data / "log" / "tail.mdb").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(WitnessLogTest, AnEmptyFolderThatExistsBecomesPrivate) {
  const fs::path empty = folder / "empty";
  fs::create_directory(empty);
  fs::permissions(empty, fs::perms{0755});
  ASSERT_TRUE(WitnessLog::open_writer(empty).has_value());
  EXPECT_EQ(fs::status(empty).permissions(), fs::perms{0700});
}

TEST_F(WitnessLogTest, SegmentsWhoseTailIsGoneAreNotThrownAway) {
  append(*log, random_events(chunk_events, 1));
  ASSERT_EQ(log->seal().value(), chunk_events);
  const fs::path segment =
      data / "log" / "segments" / segment_file_name(log->stat().value().segments[0]);
  log.reset();
  fs::remove(data / "log" / "tail.mdb");
  EXPECT_TRUE(failed(WitnessLog::open_writer(data), Errc::corrupt, "put it back from the backup"));
  EXPECT_TRUE(fs::exists(segment));
}

TEST_F(WitnessLogTest, AFolderThatHoldsOtherThingsIsRefusedAndLeftAsItIs) {
  for (const char* held : {"notes.txt", "log/syslog", "log/notes/today.txt"}) {
    const fs::path other = folder / "other";
    fs::create_directories((other / held).parent_path());
    std::ofstream(other / held) << "somebody's own";
    fs::permissions(other, fs::perms{0755});
    const auto refused = WitnessLog::open_writer(other);
    EXPECT_TRUE(failed(refused, Errc::invalid, "the folder " + other.native() + " holds other"));
    EXPECT_TRUE(failed(refused, Errc::invalid, "name an empty folder"));
    EXPECT_EQ(fs::status(other).permissions(), fs::perms{0755}) << held;
    EXPECT_FALSE(fs::exists(other / "log" / "segments"));
    fs::remove_all(other);
  }
}

TEST_F(WitnessLogTest, ALogThatACrashStoppedAtItsBeginningIsOpened) {
  for (const char* begun : {".", "log", "log/segments"}) {
    const fs::path other = folder / "other";
    fs::create_directories(other / begun);
    ASSERT_TRUE(WitnessLog::open_writer(other).has_value()) << begun;
    fs::remove_all(other);
  }
}

TEST_F(WitnessLogTest, AReaderHandleRefusesToWrite) {
  log.reset();
  auto reader = WitnessLog::open_reader(data).value();
  std::vector<TestEvent> events = {created("alice", "1")};
  EXPECT_FALSE(reader->writable());
  EXPECT_TRUE(failed(try_append(*reader, events), Errc::unsupported, "for reading only"));
  EXPECT_TRUE(failed(reader->seal(), Errc::unsupported, "for reading only"));
}

TEST(WitnessLog, AFolderWithoutALogIsNotFoundForReadersAndLeftAlone) {
  const TempFolder folder;
  const auto opened = WitnessLog::open_reader(folder / "none");
  EXPECT_TRUE(failed(opened, Errc::not_found, "there is no log in"));
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST_F(WitnessLogTest, TheLogKeepsItsIdAndEachLogHasItsOwn) {
  const LogId id = log->id();
  const std::int64_t created_us = log->stat().value().created_us;
  reopen();
  EXPECT_EQ(log->id(), id);
  EXPECT_EQ(log->stat().value().created_us, created_us);
  const auto other = WitnessLog::open_writer(folder / "other").value();
  EXPECT_NE(other->id(), id);
}

TEST_F(WitnessLogTest, TheStatTellsWhatTheLogHolds) {
  EXPECT_EQ(log->stat().value().first, 0U);
  const auto events = append(*log, random_events(5'000, 1));
  ASSERT_EQ(log->seal().value(), 4096U);
  const LogStat stat = log->stat().value();
  EXPECT_EQ(stat.first, 1U);
  EXPECT_EQ(stat.last, 5'000U);
  EXPECT_EQ(stat.sealed_last, 4096U);
  EXPECT_EQ(stat.pruned_last, 4096U);
  EXPECT_EQ(stat.tail_events, 5'000U - 4096U);
  EXPECT_EQ(stat.first_us, events.front().event.witness_us);
  EXPECT_EQ(stat.last_us, events.back().event.witness_us);
  ASSERT_EQ(stat.segments.size(), 1U);
  EXPECT_EQ(stat.segment_bytes, std::filesystem::file_size(data / "log" / "segments" /
                                                           segment_file_name(stat.segments[0])));
  EXPECT_EQ(stat.tail_file_bytes, std::filesystem::file_size(data / "log" / "tail.mdb"));
  EXPECT_LT(stat.tail_bytes, stat.tail_file_bytes);
}

}  // namespace
}  // namespace refold::log
