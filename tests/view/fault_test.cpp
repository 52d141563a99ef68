#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <thread>

#include "tests/support/child.h"
#include "tests/view/fixture.h"

namespace {

/// What the disk does to LMDB, which finds these functions here instead of in the C library.
std::atomic<int> failing_writes{0};
std::atomic<int> write_reason{EIO};
std::atomic<bool> short_write{false};
std::atomic<bool> lost_meta{false};
/// What the last write of meta data has overwritten: a failed sync brings it back, as a disk does
/// that never got what the kernel then takes for clean.
std::atomic<bool> loses_meta{false};
std::array<char, 4096> lost{};
size_t lost_bytes = 0;
off_t lost_at = 0;
std::atomic<int> failing_syncs{0};
std::atomic<int> syncs{0};

bool is_view(int file) {
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), name.data(), name.size());
  const std::string_view found(name.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return found.ends_with("view.mdb");
}

ssize_t fail_with(int reason) {
  errno = reason;
  return -1;
}

}  // namespace

extern "C" {

// A page is 4096 bytes or a multiple; the meta data of a commit is a few words.
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  if (failing_writes > 0 && is_view(file) && failing_writes-- > 0) return fail_with(write_reason);
  if (loses_meta && count < 4096 && is_view(file)) {
    lost_bytes = count;
    lost_at = offset;
    (void)syscall(SYS_pread64, file, lost.data(), count, offset);
  }
  if (lost_meta && count < 4096 && is_view(file)) {
    // It is written, but nobody knows whether it is on the disk; and LMDB cannot take it back.
    static std::atomic<int> metas{0};
    if (metas++ % 2 == 0) (void)syscall(SYS_pwrite64, file, bytes, count, offset);
    return fail_with(EIO);
  }
  return syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec* pieces, int count) {
  if (failing_writes > 0 && is_view(file) && failing_writes-- > 0) return fail_with(write_reason);
  if (short_write && is_view(file)) return syscall(SYS_writev, file, pieces, 1);
  return syscall(SYS_writev, file, pieces, count);
}

int fdatasync(int file) {
  if (is_view(file)) ++syncs;
  if (failing_syncs > 0 && failing_syncs-- > 0) {
    if (loses_meta.exchange(false)) {
      (void)syscall(SYS_pwrite64, file, lost.data(), lost_bytes, lost_at);
    }
    return static_cast<int>(fail_with(EIO));
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

}  // extern "C"

namespace refold::view {
namespace {

struct Faults : ViewTest {
  Model model{{}, {}};

  Faults() { create(); }
  ~Faults() override {
    failing_writes = 0;
    failing_syncs = 0;
    short_write = false;
    lost_meta = false;
    loses_meta = false;
  }

  /// Many pages, so that LMDB writes with writev().
  void change(Batch& batch, std::uint64_t seq) {
    for (int key = 0; key < 1000; ++key) {
      const std::string row(100, static_cast<char>('a' + seq % 26));
      put(batch, 0, std::to_string(key), row);
      model[0][std::to_string(key)] = row;
    }
    remove(batch, 0, std::to_string(seq));
    model[0].erase(std::to_string(seq));
  }
};

TEST_F(Faults, ACommitThatFailedKeepsItsChangesAndIsMadeAgain) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  struct Case {
    int writes;
    int syncs;
    int reason;
    Errc code;
  };
  std::uint64_t seq = 1;
  for (const Case& fault :
       {Case{1, 0, EIO, Errc::io}, Case{0, 1, EIO, Errc::io}, Case{1, 0, ENOSPC, Errc::no_space},
        Case{3, 0, EFBIG, Errc::no_space}, Case{0, 2, EIO, Errc::io}}) {
    ++seq;
    change(batch, seq);
    const std::string first = row_of(batch, 0, "0");
    failing_syncs = fault.syncs;
    failing_writes = fault.writes;
    write_reason = fault.reason;
    EXPECT_TRUE(failed(batch.commit(at_seq(seq)), fault.code, "cannot commit to "));
    EXPECT_EQ(row_of(batch, 0, "0"), first);
    EXPECT_EQ(rows_of(batch, 0).size(), model[0].size());
    EXPECT_EQ(view->checkpoint().value(), at_seq(seq - 1));
    while (batch.commit(at_seq(seq)).has_error()) EXPECT_EQ(row_of(batch, 0, "0"), first);
    expect_holds(*view, model, seq);
  }
}

TEST_F(Faults, ACommitThatWasBegunAndFailedIsMadeAgainBelowWhatCameOnTop) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  for (std::uint64_t seq = 2; seq < 10; seq += 2) {
    change(batch, seq);
    (seq % 4 == 0 ? failing_writes : failing_syncs) = 2;
    begin_commit(batch, seq);
    const Model begun = model;
    change(batch, seq + 1);
    EXPECT_EQ(rows_of(batch, 0).size(), model[0].size());
    EXPECT_TRUE(failed(batch.finish(), Errc::io, "cannot commit to "));
    EXPECT_FALSE(batch.finished());
    EXPECT_EQ(rows_of(batch, 0).size(), model[0].size());
    EXPECT_EQ(view->checkpoint().value(), at_seq(seq - 1));
    while (batch.finish().has_error()) EXPECT_FALSE(batch.finished());
    expect_holds(*view, begun, seq);
    EXPECT_EQ(rows_of(batch, 0).size(), model[0].size());
    commit(batch, seq + 1);
    expect_holds(*view, model, seq + 1);
  }
}

/// The environment is opened anew meanwhile.
TEST_F(Faults, WhatIsPutWhileACommitThatWasBegunFailsIsTaken) {
  Batch batch(*view);
  int refused = 0;
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    change(batch, seq);
    failing_writes = 1;
    begin_commit(batch, seq);
    // Until the other thread has failed, and a little longer.
    for (int turns = 100'000; turns > 0; turns -= failing_writes > 0 ? 0 : 1) {
      refused += batch.put(1, bytes_of("a"), bytes_of("row")) == Row::failed ? 1 : 0;
    }
    model[1]["a"] = "row";
    EXPECT_TRUE(failed(batch.finish(), Errc::io, "cannot commit to "));
    commit(batch, seq + 1);
    expect_holds(*view, model, seq + 1);
  }
  EXPECT_EQ(refused, 0);
}

TEST_F(Faults, ACommitThatFailedButIsThereAllTheSameCountsOnce) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  change(batch, 2);
  lost_meta = true;
  EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::io, "check the disk"));
  lost_meta = false;
  expect_holds(*view, model, 2);
  commit(batch, 2);
  expect_holds(*view, model, 2);
  change(batch, 3);
  commit(batch, 3);
  expect_holds(*view, model, 3);
}

TEST_F(Faults, ACommitIsOneSyncButTwoWhereTheOneBeforeMayNotBeOnTheDisk) {
  Batch batch(*view);
  const auto syncs_of_a_commit = [&](std::uint64_t seq) {
    change(batch, seq);
    syncs = 0;
    (void)batch.commit(at_seq(seq));
    return syncs.load();
  };
  EXPECT_EQ(syncs_of_a_commit(1), 2);
  EXPECT_EQ(syncs_of_a_commit(2), 1);
  EXPECT_EQ(syncs_of_a_commit(3), 1);
  failing_syncs = 1;
  EXPECT_EQ(syncs_of_a_commit(4), 1);
  EXPECT_EQ(syncs_of_a_commit(4), 2);
  EXPECT_EQ(syncs_of_a_commit(5), 1);
  expect_holds(*view, model, 5);
}

TEST_F(Faults, AFailedCommitWaitsForSnapshotsOfOtherThreadsAndThemOnly) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  std::atomic<bool> is_open{false};
  std::thread reader([&] {
    const Snapshot seen = snapshot();
    const KeyedRows rows = rows_of(seen, 0);
    is_open = true;
    usleep(200'000);
    EXPECT_EQ(rows_of(seen, 0), rows);
  });
  while (!is_open) usleep(1000);
  change(batch, 2);
  lost_meta = true;  // no snapshot can be opened before the environment is opened anew
  EXPECT_TRUE(batch.commit(at_seq(2)).has_error());
  lost_meta = false;
  reader.join();
  commit(batch, 2);
  expect_holds(*view, model, 2);
}

TEST_F(Faults, ASnapshotThatStaysOpenMakesTheNextCommitBusyUntilItIsClosed) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  change(batch, 2);
  {
    const Snapshot seen = snapshot();
    failing_syncs = 1;
    EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::io, "check the disk"));
    EXPECT_EQ(row_of(seen, 0, "0"), std::string(100, 'b'));
    EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::busy, "snapshots of it are open"));
    EXPECT_EQ(row_of(Snapshot::open(*view).value(), 0, "0"), std::string(100, 'b'));
  }
  commit(batch, 2);
  expect_holds(*view, model, 2);
}

TEST_F(Faults, ABatchIsRefusedIfTheDiskHasLostTheCommitThatItBuildsOn) {
  Batch batch(*view);
  put(batch, 0, "a", "1");
  commit(batch, 1);
  loses_meta = true;
  put(batch, 0, "a", "2");
  commit(batch, 2);
  put(batch, 0, "b", "3");
  failing_syncs = 1;  // the environment is opened anew: now it shows
  EXPECT_TRUE(failed(batch.commit(at_seq(3)), Errc::io, "check the disk"));
  EXPECT_TRUE(failed(batch.commit(at_seq(3)), Errc::corrupt, "the disk has lost the last commit"));
  EXPECT_TRUE(failed(batch.commit(at_seq(3)), Errc::corrupt, "discard the batch"));
  expect_holds(*view, {{{"a", "1"}}, {}}, 1);
  batch.discard();
  put(batch, 0, "b", "3");
  commit(batch, 3);
  expect_holds(*view, {{{"a", "1"}, {"b", "3"}}, {}}, 3);
}

TEST_F(Faults, AWriteThatCameUpShortLeavesTheLastCommit) {
  Batch batch(*view);
  change(batch, 1);
  commit(batch, 1);
  change(batch, 2);
  short_write = true;
  EXPECT_TRUE(batch.commit(at_seq(2)).has_error());
  short_write = false;
  EXPECT_EQ(view->checkpoint().value(), at_seq(1));
  commit(batch, 2);
  expect_holds(*view, model, 2);
}

TEST_F(Faults, AFullMapNamesTheOptionAndGoesOnWithALargerOne) {
  view.reset();
  ASSERT_TRUE(remove_view(folder).has_value());
  options.map_bytes = std::size_t{1} << 20;
  create();
  {
    Batch batch(*view);
    put(batch, 0, "a", "1");
    commit(batch, 1);
    put(batch, 0, "large", std::string(row_bytes_max, 'r'));
    EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::no_space, "larger map_bytes"));
    EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::no_space, "1048576 bytes"));
    EXPECT_EQ(row_of(batch, 0, "large").size(), row_bytes_max);
    expect_holds(*view, {{{"a", "1"}}, {}}, 1);
    batch.discard();
    put(batch, 0, "b", "2");
    commit(batch, 2);
  }
  options.map_bytes = std::size_t{1} << 30;
  reopen();
  Batch batch(*view);
  put(batch, 0, "large", std::string(row_bytes_max, 'r'));
  commit(batch, 3);
  expect_holds(*view, {{{"a", "1"}, {"b", "2"}, {"large", std::string(row_bytes_max, 'r')}}, {}},
               3);
}

TEST_F(Faults, AFileThatMayNotGrowIsNoSpaceAndGoesOnWhenItMay) {
  view.reset();
  testing::Child limited([&](const testing::Channel&) {
    signal(SIGXFSZ, SIG_IGN);
    reopen();
    Batch batch(*view);
    change(batch, 1);
    commit(batch, 1);
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlimit low = limit;
    low.rlim_cur = view->stat().value().file_bytes;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
    put(batch, 1, "large", std::string(row_bytes_max, 'r'));
    model[1]["large"] = std::string(row_bytes_max, 'r');
    EXPECT_TRUE(failed(batch.commit(at_seq(2)), Errc::no_space, "free some space"));
    EXPECT_EQ(view->checkpoint().value(), at_seq(1));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    commit(batch, 2);
    expect_holds(*view, model, 2);
  });
  EXPECT_EQ(limited.wait(), 0);
}

}  // namespace
}  // namespace refold::view
