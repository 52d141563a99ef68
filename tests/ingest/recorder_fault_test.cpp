#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#include "core/ingest/firehose.h"
#include "core/ingest/source.h"
#include "core/ingest/submitter.h"
#include "tests/ingest/fake_firehose.h"
#include "tests/support/drafts.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace {

/// While it is so, LMDB, which finds these functions here instead of in the C library, cannot write
/// the log.
std::atomic<bool> disk_is_broken{false};
std::atomic<int> broken_writes{0};

bool is_of_the_log(int file) {
  char name[4096] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  return readlink(link.c_str(), name, sizeof name - 1) > 0 &&
         std::string_view(name).find("tail.mdb") != std::string_view::npos;
}

bool breaks(int file) {
  if (!disk_is_broken || !is_of_the_log(file)) return false;
  ++broken_writes;
  errno = EIO;
  return true;
}

}  // namespace

extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  return breaks(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, offset);
}
ssize_t writev(int file, const struct iovec* pieces, int count) {
  return breaks(file) ? -1 : syscall(SYS_writev, file, pieces, count);
}

}  // extern "C"

namespace refold::ingest {
namespace {

using namespace std::chrono_literals;
using testing::did_of;
using testing::identity_frame;

struct RecorderFaults : ::testing::Test {
  testing::TempFolder folder;
  net::Runtime runtime;
  std::unique_ptr<index::Recorder> recorder = index::Recorder::open(folder / "data").value();

  ~RecorderFaults() override { disk_is_broken = false; }
  static bool until(const std::function<bool()>& so) {
    for (int i = 0; i < 6'000; ++i, std::this_thread::sleep_for(5ms))
      if (so()) return true;
    return false;
  }
  static std::string name_of(std::uint64_t seq) { return "n" + std::to_string(seq); }
};

TEST_F(RecorderFaults, NothingIsSentOffBehindABatchThatFailed) {
  DecoderOptions with;
  with.cursor_name = "relay";
  FirehoseDecoder decoder(with);
  Submitter submitter(*recorder, "relay");
  const auto take = [&](std::uint64_t seq) {
    const std::string frame = identity_frame(seq, did_of(name_of(seq)));
    EXPECT_EQ(decoder.decode(bytes_of(frame), submitter.batch()).kind, Verdict::Kind::taken);
  };
  take(1);
  submitter.batch().extras.cursors.push_back({"", "no cursor has such a name"});
  ASSERT_TRUE(submitter.submit(decoder).has_value());
  take(2);
  EXPECT_EQ(submitter.settle().error().code, Errc::invalid);
  take(3);
  EXPECT_EQ(submitter.submit(decoder).error().code, Errc::invalid);
  EXPECT_EQ(submitter.look().error().code, Errc::invalid);
  EXPECT_EQ(submitter.settle().error().code, Errc::invalid);
  EXPECT_EQ(recorder->log().cursor("relay").value(), std::nullopt);
  EXPECT_EQ(recorder->log().last().value(), 0U);
}

TEST_F(RecorderFaults, WhatWasDecodedWhenTheLogFailedComesAgain) {
  constexpr std::uint64_t count = 40;
  testing::ScriptedServer server([&](testing::Connection& connection, int number) {
    const std::string head = connection.accept_websocket();
    const auto at = head.find("cursor=");
    const std::uint64_t first = at == std::string::npos ? 1 : std::stoull(head.substr(at + 7)) + 1;
    for (std::uint64_t seq = first; seq <= count; ++seq) {
      if (!connection.send_binary(identity_frame(seq, did_of(name_of(seq))))) return;
      // Something is always on its way to the log while more comes.
      if (number == 0) std::this_thread::sleep_for(5ms);
      if (number == 0 && seq == 10) disk_is_broken = true;
      if (broken_writes > 0) disk_is_broken = false;
    }
    // What is on its way meets it at the latest now.
    if (number == 0) (void)until([&] { return broken_writes > 0; });
    disk_is_broken = false;
    connection.read_all();
  });
  SourceOptions with;
  with.name = "relay";
  with.kind = SourceKind::firehose;
  with.url = server.url("ws", "");
  with.private_addresses = true;
  with.backoff = {1ms, 20ms};
  const auto source = Source::start({runtime, *recorder, folder / "aside"}, with).value();
  EXPECT_TRUE(until([&] { return source->status().cursor == count; })) << source->status().why;
  EXPECT_GT(broken_writes, 0);
  EXPECT_EQ(recorder->log().last().value(), count) << "the cursor has passed what is in no log";
}

}  // namespace
}  // namespace refold::ingest
