#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>

#include "tests/index/fixture.h"

namespace {

/// What the disk does to LMDB, which finds these functions here instead of in the C library.
enum class Fault { none, every_write, lost_meta_sync };
std::atomic<Fault> fault{Fault::none};
std::atomic<int> metas{0};  ///< writes of meta data since the fault began
std::atomic<const char*> faulty_file{""};
std::atomic<int> failing_syncs{0};

bool strikes(Fault kind, int file) {
  if (fault != kind) return false;
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), name.data(), name.size());
  const std::string_view found(name.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  return found.find(faulty_file.load()) != std::string_view::npos;
}

ssize_t fail_with(int reason) {
  errno = reason;
  return -1;
}

}  // namespace

extern "C" {

// A page is 4096 bytes or a multiple; the meta data of a commit is a few words.
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  if (strikes(Fault::every_write, file)) return fail_with(EIO);
  if (count < 4096 && metas < 2 && strikes(Fault::lost_meta_sync, file)) {
    // It is written, but nobody knows whether it is on the disk; and LMDB cannot take it back.
    if (metas++ == 0) (void)syscall(SYS_pwrite64, file, bytes, count, offset);
    return fail_with(EIO);
  }
  return syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec* pieces, int count) {
  if (strikes(Fault::every_write, file)) return fail_with(EIO);
  return syscall(SYS_writev, file, pieces, count);
}

int fdatasync(int file) {
  if (failing_syncs > 0 && failing_syncs-- > 0) return static_cast<int>(fail_with(EIO));
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

}  // extern "C"

namespace refold::index {
namespace {

struct Faults : RecorderTest {
  static void strike(Fault kind, const char* file) {
    metas = 0;
    faulty_file = file;
    fault = kind;
  }
  static void stop() { fault = Fault::none; }
  ~Faults() override { stop(); }
};

std::vector<TestDraft> ten_posts() {
  std::vector<TestDraft> made;
  for (int number = 1; number <= 10; ++number) {
    made.push_back(
        create("alice", std::to_string(number), static_cast<std::uint64_t>(number), "a"));
  }
  return made;
}

TEST_F(Faults, ACommitThatFailedIsTriedAgainForAsLongAsIsAllowed) {
  options.retry_for = std::chrono::seconds(10);
  reopen();
  failing_syncs = 4;
  EXPECT_EQ(record(ten_posts()).appended, 10U);
  EXPECT_EQ(failing_syncs, 0);
  EXPECT_EQ(recorder->log().incarnation(), 4U);
  EXPECT_EQ(history().events.size(), 10U);
  expect_index_is_as_built_anew();
}

TEST_F(Faults, ACommitThatFailedButIsThereAllTheSameIsNotAppendedTwice) {
  options.retry_for = std::chrono::seconds(10);
  reopen();
  const auto drafts = ten_posts();
  strike(Fault::lost_meta_sync, "tail.mdb");
  (void)recorder->record(batch_of(drafts));
  EXPECT_EQ(metas, 2);
  record(drafts);
  EXPECT_EQ(history().events.size(), 10U);
  expect_index_is_as_built_anew();
}

TEST_F(Faults, WhatAFailedCommitLeftIsKnownOnlyWhenACommitHasProvenIt) {
  record({create("alice", "1", 1, "a")});
  const auto batch = [] { return batch_of({create("bob", "1", 2, "b")}); };
  strike(Fault::lost_meta_sync, "tail.mdb");
  EXPECT_TRUE(failed(recorder->record(batch()), Errc::io, "tail.mdb"));
  EXPECT_EQ(recorder->log().last().value(), 2U);  // it is there all the same
  strike(Fault::every_write, "tail.mdb");
  EXPECT_TRUE(failed(recorder->record(batch()), Errc::io, "tail.mdb"));
  stop();
  EXPECT_EQ(recorder->record(batch()).value().known, 1U);
  EXPECT_EQ(recorder->log().last().value(), 2U);
  expect_index_is_as_built_anew();
}

TEST_F(Faults, AnIndexThatCouldNotBeOpenedAgainIsOpenedByTheWriterAlone) {
  record({create("alice", "1", 1, "a")});
  (void)recorder->missing(1);  // flushes
  record({create("alice", "2", 2, "b")});
  const auto file = data / "index" / "index.mdb";
  const auto away = folder / "away";
  std::filesystem::rename(file, away);
  std::filesystem::create_directory(file);
  strike(Fault::every_write, "away");
  EXPECT_TRUE(recorder->missing(1).has_error());
  stop();
  std::filesystem::remove(file);
  std::filesystem::rename(away, file);
  EXPECT_TRUE(failed(recorder->head(did_of("alice"), post, "1"), Errc::io, "is closed"));
  record({update("alice", "2", 3, "c")});
  EXPECT_EQ(head("alice", "1")->seq, 1U);
  EXPECT_EQ(head("alice", "2")->seq, 3U);
  expect_index_is_as_built_anew();
}

}  // namespace
}  // namespace refold::index
