#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/projection/fixture.h"

namespace {

/// Whether the disk is full below the folder of a view: LMDB finds the functions below instead of
/// those of the C library.
std::atomic<bool> full{false};
std::atomic<const char*> full_below{""};
/// Or whether what is written there waits; and how many do.
std::atomic<bool> slow_disk{false};
std::atomic<int> slow_writes{0};

bool is_below(int file) {
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), name.data(), name.size());
  const std::string_view found(name.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return found.find(full_below.load()) != std::string_view::npos;
}

/// Or whether what is written there of LMDB's meta pages is written, and said to have failed.
std::atomic<bool> lost_meta{false};
std::atomic<int> lost_metas{0};

bool strikes(int file) {
  if (slow_disk && is_below(file)) {
    ++slow_writes;
    while (slow_disk) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --slow_writes;
  }
  return full && is_below(file);
}

}  // namespace

extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  if (lost_meta && count < 4096 && is_below(file)) {
    // LMDB tries to take it back with the next one.
    if (lost_metas++ % 2 == 0) (void)syscall(SYS_pwrite64, file, bytes, count, offset);
    errno = EIO;
    return -1;
  }
  if (!strikes(file)) return syscall(SYS_pwrite64, file, bytes, count, offset);
  errno = ENOSPC;
  return -1;
}

ssize_t writev(int file, const struct iovec* pieces, int count) {
  if (!strikes(file)) return syscall(SYS_writev, file, pieces, count);
  errno = ENOSPC;
  return -1;
}

}  // extern "C"

namespace refold::projection {
namespace {

struct DiskTest : ProjectionTest {
  ~DiskTest() override { full = slow_disk = lost_meta = false; }
};

TEST_F(DiskTest, AFullDiskStallsAReplayAndNothingElse) {
  Supervisor& tally = load("tally");
  post_some("alice", 50);
  catch_up("tally");
  become_live("tally");
  good(tally.pause());
  good(tally.replay({}));
  full_below = "projections/tally/2/";
  full = true;
  good(tally.resume());
  ASSERT_TRUE(comes_true(
      [&] { return status("tally").generations[1].progress.activity == Activity::stalled; }));
  EXPECT_NE(status("tally").generations[1].progress.why.find("No space left on device"),
            std::string::npos)
      << status("tally").generations[1].progress.why;
  EXPECT_FALSE(status("tally").generations[1].record.failure.has_value());
  // The current generation serves, and goes on.
  post_some("bob", 2, 100);
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 52U);
  EXPECT_EQ(status("tally").state(), "live");
  full = false;
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
  EXPECT_EQ(count("tally", post), 52U);
  expect_as_rebuilt("tally");
}

/// Several pages, each a batch of its own.
TEST_F(DiskTest, AFullDiskStallsABatchThatIsWrittenWhileTheNextOneIsCollected) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 1;
  for (int part = 0; part < 4; ++part) post_some("alice", 1500, 1 + part * 1500);
  Supervisor& tally = load("tally");
  catch_up("tally");
  become_live("tally");
  good(tally.pause());
  good(tally.replay({}));
  full_below = "projections/tally/2/";
  full = true;
  good(tally.resume());
  ASSERT_TRUE(comes_true(
      [&] { return status("tally").generations[1].progress.activity == Activity::stalled; }));
  EXPECT_EQ(status("tally").generations[1].checkpoint.seq, 0U);
  full = false;
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
  EXPECT_EQ(count("tally", post), 6000U);
  expect_as_rebuilt("tally");
}

/// While the first page is written, the second one is folded, and waits to be written.
TEST_F(DiskTest, WhatIsBeingWrittenWhenItIsToldToStopCounts) {
  options.loop.batch.bytes = options.loop.first_batch.bytes = 1;
  Supervisor& tally = load("tally");
  catch_up("tally");
  good(tally.pause());
  for (int part = 0; part < 4; ++part) post_some("alice", 1500, 1 + part * 1500);
  full_below = "projections/tally/1/";
  slow_disk = true;
  calls().applies = 0;
  good(tally.resume());
  ASSERT_TRUE(comes_true([&] { return slow_writes > 0 && calls().applies >= 2; }));
  std::this_thread::sleep_for(50ms);
  std::thread releasing([&] {
    std::this_thread::sleep_for(2s);
    slow_disk = false;
  });
  good(tally.pause());
  releasing.join();
  const log::Seq seq = current("tally").checkpoint.seq;
  EXPECT_GT(seq, 0U);
  EXPECT_LT(seq, last());
  const auto waited = tally.wait(seq, within_time());
  EXPECT_TRUE(waited.has_value()) << waited.error().message;
  EXPECT_TRUE(failed(tally.wait(seq + 1, within_time()), Errc::unsupported, "is paused"));
}

TEST_F(DiskTest, AReplayThatCannotBeginSaysWhyAndLeavesNothing) {
  Supervisor& tally = load("tally");
  post_some("alice", 5);
  catch_up("tally");
  become_live("tally");
  full_below = "projections/";
  full = true;
  EXPECT_TRUE(failed(tally.replay({}), Errc::no_space, "No space left on device"));
  full = false;
  EXPECT_FALSE(std::filesystem::exists(data / "projections" / "tally" / "2"));
  good(tally.replay({}));
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
}

TEST_F(DiskTest, ACatalogThatCannotBeWrittenRefusesCommandsAndKeepsFailures) {
  Supervisor& moody = load("moody");
  ASSERT_TRUE(comes_true([&] { return status("moody").state() == "live"; }));
  full_below = "/catalog/";
  full = true;
  EXPECT_TRUE(failed(moody.pause(), Errc::no_space, "No space left on device"));
  EXPECT_EQ(status("moody").state(), "live");
  mood().what = Mood::What::fail;
  post_some("alice", 1, 1, "poison");
  ASSERT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
  full = false;
  // It is told as soon as there is room.
  ASSERT_TRUE(comes_true([&] { return moody.keep_warm(true).has_value(); }));
  mood().created = 0;
  reopen();
  EXPECT_EQ(mood().created, 0);
  EXPECT_TRUE(status("moody").record.find(1)->failure.has_value());
}

TEST_F(DiskTest, WhatIsRefusedMayBeTriedAgainWhileTheCatalogCannotBeWritten) {
  load("tally");
  close();
  set_test_layout("something else");
  open();
  full_below = "/catalog/";
  full = true;
  EXPECT_TRUE(good(at("tally").retry()).changed);
  full = false;
  EXPECT_TRUE(good(at("tally").retry()).changed);
  EXPECT_EQ(status("tally").state(), "refused");
}

TEST_F(DiskTest, ACommandThatFailedDoesNotComeTrueAtTheNextStart) {
  Supervisor& tally = load("tally");
  become_live("tally");
  full_below = "/catalog/";
  lost_metas = 0;
  lost_meta = true;
  EXPECT_TRUE(tally.pause().has_error());
  EXPECT_GE(lost_metas, 1);
  lost_meta = false;
  // It is tried again every half second.
  std::this_thread::sleep_for(3s);
  reopen();
  EXPECT_FALSE(status("tally").record.paused);
}

TEST_F(DiskTest, AVerifyOnAFullDiskIsGivenUp) {
  Supervisor& tally = load("tally");
  post_some("alice", 5);
  catch_up("tally");
  full_below = "projections/tally/verify/";
  full = true;
  const auto report = tally.verify(nullptr);
  EXPECT_TRUE(report.has_error());
  full = false;
  expect_as_rebuilt("tally");
}

}  // namespace
}  // namespace refold::projection
