#include "core/log/tail/tail.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <thread>

#include "core/log/reader.h"
#include "core/log/tail/row.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"
#include "tests/support/child.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace {

/// What the disk does to LMDB, which finds these functions here instead of in the C library.
enum class Fault { none, sync, page_write, meta_write, meta_sync };
std::atomic<Fault> fault{Fault::none};
std::atomic<int> faults_left{0};

bool strikes(Fault kind) { return fault == kind && faults_left.fetch_sub(1) > 0; }

}  // namespace

extern "C" {

int fdatasync(int file) {
  if (strikes(Fault::sync)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

// A page is 4096 bytes or a multiple; the meta data of a commit is a few words.
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  if (count >= 4096 ? strikes(Fault::page_write) : strikes(Fault::meta_write)) {
    errno = count >= 4096 ? ENOSPC : EIO;
    return -1;
  }
  // It is written, but nobody knows whether it is on the disk; and LMDB cannot take it back.
  if (count < 4096 && strikes(Fault::meta_sync)) {
    if (faults_left % 2 == 1) (void)syscall(SYS_pwrite64, file, bytes, count, offset);
    errno = EIO;
    return -1;
  }
  return syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec* pieces, int count) {
  if (strikes(Fault::page_write)) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_writev, file, pieces, count);
}

}  // extern "C"

namespace refold::log {
namespace {

using namespace refold::testing;
using namespace std::chrono_literals;

std::filesystem::path tail_of(const std::filesystem::path& data) {
  return data / "log" / "tail.mdb";
}

struct TailTest : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  std::unique_ptr<WitnessLog> log;

  void open(const LogOptions& options = {}) {
    log.reset();
    log = WitnessLog::open_writer(data, options).value();
  }
  void strike(Fault kind, int times) {
    faults_left = times;
    fault = kind;
  }
  ~TailTest() override { fault = Fault::none; }
};

// One writer, many readers ------------------------------------------------------------------------

TEST_F(TailTest, ASecondWriterIsToldWhoHoldsTheLogAndSinceWhen) {
  Child child([&](const Channel& parent) {
    open();
    parent.say();
    (void)parent.hear();
  });
  (void)child.channel().hear();
  const auto refused = WitnessLog::open_writer(data);
  const std::string pid = "another process holds it (pid " + std::to_string(child.pid());
  EXPECT_TRUE(failed(refused, Errc::busy, "cannot open the log in " + data.native()));
  EXPECT_TRUE(failed(refused, Errc::busy, pid + ", `" + program_invocation_short_name));
  EXPECT_TRUE(failed(refused, Errc::busy, "`, since 20"));
  child.channel().say();
  EXPECT_EQ(child.wait(), 0);
  EXPECT_TRUE(WitnessLog::open_writer(data).has_value());
}

TEST_F(TailTest, AProcessOpensALogOnce) {
  open();
  const std::string pid = "pid " + std::to_string(getpid());
  EXPECT_TRUE(failed(WitnessLog::open_writer(data), Errc::busy, pid));
  EXPECT_TRUE(failed(WitnessLog::open_reader(data), Errc::busy, pid));
  log.reset();
  auto reader = WitnessLog::open_reader(data);
  ASSERT_TRUE(reader.has_value());
  EXPECT_TRUE(failed(WitnessLog::open_writer(data), Errc::busy, pid));
}

TEST_F(TailTest, AWriterThatWasKilledLeavesNoLockBehind) {
  Child child([&](const Channel& parent) {
    open();
    append(*log, {created("alice", "1")});
    parent.say();
    (void)parent.hear();
  });
  (void)child.channel().hear();
  child.kill(SIGKILL);
  EXPECT_TRUE(was_killed(child.wait()));
  open();
  EXPECT_EQ(log->last().value(), 1U);
}

TEST_F(TailTest, AReaderInAnotherProcessSeesEveryEventWhileTheWriterWrites) {
  constexpr Seq last = 20'000;
  open();
  log.reset();
  Child child([&](const Channel& parent) {
    const auto reading = WitnessLog::open_reader(data).value();
    Reader reader(*reading, 1, Matcher::make({.history = true}).value());
    parent.say();
    Page page;
    for (Seq expected = 1; expected <= last;) {
      ASSERT_TRUE(reading->wait(expected, std::chrono::steady_clock::now() + 60s).value());
      ASSERT_TRUE(reader.next(page).value());
      for (const Event& event : page.events) ASSERT_EQ(event.seq, expected++);
    }
  });
  (void)child.channel().hear();
  open();
  for (Seq next = 1; next <= last; next += 200) {
    append(*log, random_events(200, next, next));
    if (next % 5'000 == 1 && next > 1) log->seal().value();
  }
  EXPECT_EQ(child.wait(), 0);
}

/// A process that opens the log when told to, and then stays in a snapshot, or only stays.
void be_a_reader(const std::filesystem::path& data, bool pinned, const Channel& parent) {
  (void)parent.hear();
  const auto reading = WitnessLog::open_reader(data).value();
  std::optional<TailReadTxn> snapshot;
  if (pinned) snapshot.emplace(reading->impl().tail->read().value());
  parent.say();
  (void)parent.hear();
}

TEST_F(TailTest, TheSlotOfAReaderThatWasKilledIsFreedWhenTheWriterOpens) {
  open();
  append(*log, {created("alice", "1")});
  log.reset();
  // The other reader keeps the lock file alive: LMDB resets it when it finds itself alone.
  Child other([&](const Channel& parent) { be_a_reader(data, false, parent); });
  Child killed([&](const Channel& parent) { be_a_reader(data, true, parent); });
  for (const Child* child : {&other, &killed}) {
    child->channel().say();
    (void)child->channel().hear();
  }
  killed.kill(SIGKILL);
  (void)killed.wait();
  open();
  for (int round = 0; round < 150; ++round) append(*log, {created("alice", "1")});
  EXPECT_LT(log->stat().value().tail_file_bytes, 500'000U);
}

TEST_F(TailTest, TheSlotOfAReaderThatWasKilledIsFreedWhileTheWriterWrites) {
  Child killed([&](const Channel& parent) { be_a_reader(data, true, parent); });
  open();
  append(*log, {created("alice", "1")});
  killed.channel().say();
  (void)killed.channel().hear();
  killed.kill(SIGKILL);
  (void)killed.wait();
  log->impl().readers_checked_us = 0;  // as if the last time were long ago
  for (int round = 0; round < 150; ++round) append(*log, {created("alice", "1")});
  EXPECT_LT(log->stat().value().tail_file_bytes, 500'000U);
}

TEST_F(TailTest, AReaderThatRestsDoesNotMakeTheTailGrow) {
  open();
  append(*log, random_events(1'000, 1));
  Reader reader(*log, 1, Matcher::make({.history = true}).value());
  Page page;
  ASSERT_TRUE(reader.next(page).value());
  const std::uint64_t before = log->stat().value().tail_file_bytes;
  std::uint64_t appended = 0;
  for (int round = 0; round < 400; ++round) {
    for (const TestEvent& event : append(*log, random_events(2, 1))) {
      appended += event.record.size() + event.previous_record.size() + 150;
    }
  }
  EXPECT_LT(log->stat().value().tail_file_bytes, before + 2 * appended + 100'000);
}

TEST_F(TailTest, AReaderFollowsAMapThatWasEnlarged) {
  LogOptions small;
  small.map_bytes = std::size_t{1} << 20;
  open(small);
  append(*log, {created("alice", "1")});
  log.reset();
  Child child([&](const Channel& parent) {
    const auto reading = WitnessLog::open_reader(data, small).value();
    EXPECT_EQ(reading->last().value(), 1U);
    parent.say();
    (void)parent.hear();
    EXPECT_EQ(read_all(*reading).events.size(), 20'001U);
  });
  (void)child.channel().hear();
  open();
  append(*log, random_events(20'000, 1, 2));
  child.channel().say();
  EXPECT_EQ(child.wait(), 0);
}

// Damage ------------------------------------------------------------------------------------------

void flip_in_file(const std::filesystem::path& file, std::string_view bytes) {
  std::string content = content_of(file);
  for (std::size_t at = 0; (at = content.find(bytes, at)) != std::string::npos; ++at) {
    content[at] = static_cast<char>(content[at] ^ 1);
  }
  std::ofstream(file, std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

TEST_F(TailTest, AFlippedBitInTheFileIsReportedWithItsSeqAndTheReaderStaysWhereItWas) {
  open();
  append(*log,
         {created("alice", "1"), created("alice", "2", "the damaged one"), created("alice", "3")});
  log.reset();
  flip_in_file(tail_of(data), "the damaged one");
  open();
  const std::string sentence = tail_of(data).native() + ": event 2: checksum mismatch (stored ";
  Page page;
  EXPECT_TRUE(failed(log->get(2, page), Errc::corrupt, sentence));
  EXPECT_TRUE(log->get(3, page).has_value());
  Reader reader(*log, 1, Matcher::make({}).value());
  EXPECT_TRUE(failed(reader.next(page), Errc::corrupt, sentence));
  EXPECT_EQ(reader.position(), 1U);
  EXPECT_TRUE(page.events.empty());
  reader.seek(3);
  EXPECT_TRUE(reader.next(page).value());
  EXPECT_TRUE(failed(log->verify(), Errc::corrupt, sentence));
  EXPECT_TRUE(failed(log->root(), Errc::corrupt, sentence));
}

TEST_F(TailTest, AFlippedBitInACursorOrAMarkIsReportedByName) {
  open();
  append(*log, {}, {{{"firehose", "the value"}}, {{"repo/alice", "the rev"}}});
  log.reset();
  flip_in_file(tail_of(data), "the value");
  flip_in_file(tail_of(data), "the rev");
  open();
  EXPECT_TRUE(failed(log->cursor("firehose"), Errc::corrupt, "cursor firehose: checksum"));
  EXPECT_TRUE(failed(log->cursors(), Errc::corrupt, "cursor firehose: checksum"));
  EXPECT_TRUE(failed(log->mark("repo/alice"), Errc::corrupt, "mark repo/alice: checksum"));
  EXPECT_TRUE(failed(log->verify(), Errc::corrupt, "checksum"));
}

/// What is done to the tail by another program than ours.
void tamper(const std::filesystem::path& data, const char* database,
            const std::function<void(MDB_txn*, MDB_dbi)>& change) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, tail_of(data).c_str(), MDB_NOSUBDIR, 0600), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  ASSERT_EQ(mdb_dbi_open(txn, database, 0, &dbi), 0);
  change(txn, dbi);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

TEST_F(TailTest, AMissingRowIsReportedAndNeverSkipped) {
  open();
  append(*log, random_events(10, 1));
  log.reset();
  tamper(data, "events", [](MDB_txn* txn, MDB_dbi events) {
    std::size_t seq = 5;
    MDB_val key{sizeof seq, &seq};
    ASSERT_EQ(mdb_del(txn, events, &key, nullptr), 0);
  });
  open();
  Page page;
  Reader reader(*log, 1, Matcher::make({}).value());
  EXPECT_TRUE(failed(reader.next(page), Errc::corrupt, "event 5: its row is missing"));
  EXPECT_TRUE(failed(log->get(5, page), Errc::corrupt, "event 5: its row is missing"));
  EXPECT_TRUE(failed(log->verify(), Errc::corrupt, "event 5: its row is missing"));
}

TEST_F(TailTest, AClockThatJumpedBackIsNotFollowed) {
  constexpr std::int64_t in_the_future = 4'000'000'000'000'000;
  open();
  append(*log, {created("alice", "1")});
  log.reset();
  tamper(data, "meta", [](MDB_txn* txn, MDB_dbi meta) {
    TailState state;
    state.last = 1;
    state.last_us = in_the_future;
    ASSERT_EQ(put_value(txn, meta, bytes_of(meta_key::state), encode(state)), 0);
  });
  open();
  EXPECT_EQ(append(*log, {created("alice", "2")})[0].event.witness_us, in_the_future);
  EXPECT_EQ(append(*log, {created("alice", "3")})[0].event.witness_us, in_the_future);
}

TEST_F(TailTest, TheLargestJumpOfTheClockIsReportedAndOutlivesTheWriter) {
  constexpr std::int64_t hour = 3'600'000'000;
  open();
  append(*log, {created("alice", "1")});
  EXPECT_EQ(log->stat().value().clock_back_us, 0);
  const std::int64_t now = log->stat().value().last_us;
  Seq last = 1;
  std::int64_t seen = 0;
  for (const std::int64_t ahead : {hour, 2 * hour, hour}) {
    log.reset();
    tamper(data, "meta", [&](MDB_txn* txn, MDB_dbi meta) {
      TailState state;
      state.last = last;
      state.last_us = now + ahead;
      ASSERT_EQ(put_value(txn, meta, bytes_of(meta_key::state), encode(state)), 0);
    });
    open();
    append(*log, {created("alice", std::to_string(++last))});
    append(*log, {created("alice", std::to_string(++last))});
    const LogStat stat = log->stat().value();
    const std::int64_t largest = std::max(seen, ahead);
    EXPECT_GT(stat.clock_back_us, largest - hour / 2);
    EXPECT_LE(stat.clock_back_us, largest);
    EXPECT_EQ(stat.clock_back_at_us, now + largest);
    EXPECT_EQ(stat.clock_back_seq, largest == hour ? 2U : 4U);
    seen = largest;
  }
  log.reset();
  EXPECT_EQ(WitnessLog::open_reader(data).value()->stat().value().clock_back_seq, 4U);
}

TEST_F(TailTest, AKindOfALaterVersionIsPassedOverByReadersAndNeverSealedOrHashedByThisOne) {
  open();
  append(*log, random_events(5'000, 1));
  const std::int64_t witness_us = log->stat().value().last_us;
  log.reset();
  tamper(data, "events", [&](MDB_txn* txn, MDB_dbi events) {
    std::size_t seq = 3;
    TestEvent event = created("alice", "1");
    event.event.seq = seq;
    event.event.witness_us = witness_us;
    event.event.kind = static_cast<Kind>(9);
    Bytes row(row_bytes(event.view()));
    encode_row(event.view(), row.data());
    MDB_val key{sizeof seq, &seq};
    MDB_val value{row.size(), row.data()};
    ASSERT_EQ(mdb_put(txn, events, &key, &value, 0), 0);
  });
  open();
  const Page page = read_all(*log);
  EXPECT_EQ(page.events.size(), 4'999U);
  EXPECT_EQ(page.events[2].seq, 4U);
  EXPECT_EQ(log->first_witnessed_at(witness_us).value(), 1U);
  Page one;
  const std::string sentence = "event 3 is of a kind that this version does not know";
  EXPECT_TRUE(failed(log->get(3, one), Errc::unsupported, sentence));
  EXPECT_TRUE(failed(log->seal(), Errc::unsupported, sentence));
  EXPECT_TRUE(failed(log->root(), Errc::unsupported, sentence));
  EXPECT_EQ(log->stat().value().sealed_last, 0U);
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(TailTest, ALogOfANewerFormatIsRefusedByNumberAndNotTouched) {
  open();
  append(*log, {created("alice", "1")});
  log.reset();
  tamper(data, "meta", [](MDB_txn* txn, MDB_dbi meta) {
    std::uint32_t version = 2;
    MDB_val key{6, const_cast<char*>("format")};
    MDB_val value{sizeof version, &version};
    ASSERT_EQ(mdb_put(txn, meta, &key, &value, 0), 0);
  });
  const std::filesystem::path orphan = data / "log" / "segments" / "a.seg.new";
  std::ofstream(orphan) << "left by the newer version";
  const std::string before = content_of(tail_of(data));
  const std::string sentence = "it has format version 2, this program knows up to 1";
  EXPECT_TRUE(failed(WitnessLog::open_writer(data), Errc::newer_format, sentence));
  EXPECT_TRUE(failed(WitnessLog::open_reader(data), Errc::newer_format, sentence));
  EXPECT_EQ(content_of(tail_of(data)), before);
  EXPECT_TRUE(std::filesystem::exists(orphan));
}

TEST_F(TailTest, ACreationThatACrashInterruptedIsDoneAgain) {
  std::filesystem::create_directories(data / "log");
  std::ofstream(tail_of(data)).close();
  EXPECT_TRUE(failed(WitnessLog::open_reader(data), Errc::not_found, "log"));
  open();
  append(*log, {created("alice", "1")});
  EXPECT_EQ(log->last().value(), 1U);
}

// Commits that fail -------------------------------------------------------------------------------

struct FailedCommit : TailTest, ::testing::WithParamInterface<Fault> {};

TEST_P(FailedCommit, LosesNothingAcknowledgedAndTheNextAppendWorksWhenTheCauseIsGone) {
  open();
  std::vector<TestEvent> all = append(*log, random_events(1'000, 1), {{{"source", "1"}}, {}});
  std::vector<TestEvent> more = random_events(500, 2, 1'001);
  strike(GetParam(), 1'000'000);
  for (std::uint64_t attempt = 1; attempt <= 3; ++attempt) {
    const auto refused = try_append(*log, more, {{{"source", "2"}}, {}});
    const Errc expected = GetParam() == Fault::page_write ? Errc::no_space : Errc::io;
    EXPECT_TRUE(failed(refused, expected, "cannot "));
    EXPECT_TRUE(failed(refused, expected, tail_of(data).native()));
    EXPECT_GE(log->incarnation(), attempt);
    EXPECT_TRUE(holds(read_all(*log), all));
    EXPECT_EQ(log->cursor("source").value(), "1");
  }
  strike(Fault::none, 0);
  for (TestEvent& event : append(*log, more, {{{"source", "2"}}, {}})) {
    all.push_back(std::move(event));
  }
  EXPECT_TRUE(holds(read_all(*log), all));
  EXPECT_EQ(log->cursor("source").value(), "2");
  open();
  EXPECT_TRUE(holds(read_all(*log), all));
  EXPECT_TRUE(log->verify().has_value());
}

TEST_P(FailedCommit, DoesNotDisturbThoseWhoRead) {
  open();
  append(*log, random_events(5'000, 1));
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) EXPECT_GE(read_all(*log).events.size(), 5'000U);
  });
  std::vector<TestEvent> more = random_events(100, 2, 5'001);
  for (int round = 0; round < 30; ++round) {
    strike(GetParam(), 1);
    EXPECT_FALSE(try_append(*log, more).has_value());
    strike(Fault::none, 0);
    append(*log, more);
  }
  stop = true;
  reader.join();
  EXPECT_TRUE(log->verify().has_value());
}

INSTANTIATE_TEST_SUITE_P(OfThe, FailedCommit,
                         ::testing::Values(Fault::sync, Fault::page_write, Fault::meta_write),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case Fault::sync: return "Sync";
                             case Fault::page_write: return "PageWrite";
                             default: return "MetaWrite";
                           }
                         });

TEST_F(TailTest, AnAppendThatFailedButIsThereAllTheSameIsToldByTheIncarnation) {
  open();
  std::vector<TestEvent> all = append(*log, random_events(1'000, 1));
  std::vector<TestEvent> more = random_events(50, 2, 1'001);
  strike(Fault::meta_sync, 2);
  EXPECT_TRUE(failed(try_append(*log, more), Errc::io, "Input/output error"));
  EXPECT_EQ(log->incarnation(), 1U);
  EXPECT_EQ(log->last().value(), 1'050U);
  EXPECT_EQ(read_all(*log).events.size(), 1'050U);
  EXPECT_EQ(append(*log, {created("alice", "1")})[0].event.seq, 1'051U);
  open();
  EXPECT_EQ(read_all(*log).events.size(), 1'051U);
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(TailTest, ASegmentIsKeptExactlyIfItIsListedAfterItsCommitFailed) {
  const auto segment_files = [&] {
    const auto entries = std::filesystem::directory_iterator(data / "log" / "segments");
    return std::distance(begin(entries), end(entries));
  };
  open();
  const std::vector<TestEvent> all = append(*log, random_events(5'000, 1));
  strike(Fault::meta_write, 2);
  EXPECT_TRUE(failed(log->seal(), Errc::io, "list a segment in"));
  strike(Fault::none, 0);
  EXPECT_EQ(log->stat().value().segments.size(), 0U);
  EXPECT_EQ(segment_files(), 0);
  strike(Fault::meta_sync, 2);
  EXPECT_TRUE(failed(log->seal(), Errc::io, "list a segment in"));
  EXPECT_EQ(log->stat().value().segments.size(), 1U);
  EXPECT_EQ(segment_files(), 1);
  EXPECT_TRUE(holds(read_all(*log), all));
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(TailTest, AFullMapIsToldWithItsSizeAndALargerOneGoesOn) {
  LogOptions small;
  small.map_bytes = std::size_t{1} << 20;
  open(small);
  std::vector<TestEvent> all = append(*log, random_events(1'000, 1));
  std::vector<TestEvent> more = random_events(20'000, 2, 1'001);
  EXPECT_TRUE(failed(try_append(*log, more), Errc::no_space,
                     "its 1048576 bytes of address space are used up"));
  EXPECT_TRUE(holds(read_all(*log), all));
  std::vector<TestEvent> few = random_events(10, 3, 1'001);
  for (TestEvent& event : append(*log, few)) all.push_back(std::move(event));
  open();
  for (TestEvent& event : append(*log, more)) all.push_back(std::move(event));
  EXPECT_TRUE(holds(read_all(*log), all));
}

}  // namespace
}  // namespace refold::log
