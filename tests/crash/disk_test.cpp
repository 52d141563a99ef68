#include "tests/crash/disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace refold::crash {
namespace {

using Of = Fate::Share;

constexpr int fd = 5;

Call call(trace_op op, const std::string& path = {}, const std::string& other = {}) {
  Call made;
  made.op = op;
  made.fd = fd;
  made.path = path;
  made.other = other;
  return made;
}
Call opened(const std::string& path, int flags = O_RDWR | O_CREAT) {
  Call made = call(trace_open, path);
  made.flags = flags;
  return made;
}
Call written(std::uint64_t offset, const std::string& text) {
  Call made = call(trace_write);
  made.offset = offset;
  made.data.assign(text.begin(), text.end());
  return made;
}

/// A disk with the empty file "f", durable.
class DiskModel : public ::testing::Test {
 protected:
  DiskModel() : disk_("/r", {{"f", Bytes{}}}) { disk_.apply(opened("/r/f")); }

  void apply(const Call& what) { disk_.apply(what); }
  [[nodiscard]] std::optional<std::string> left(const std::string& name, const Fate& fate) const {
    const Image image = disk_.after_power_loss(fate);
    const auto found = image.find(name);
    if (found == image.end()) return std::nullopt;
    return std::string(text_of(*found->second));
  }

  Disk disk_;
};

TEST_F(DiskModel, AWriteIsDurableOnlyAfterASync) {
  apply(written(0, "one"));
  EXPECT_EQ(left("f", {}), "");
  EXPECT_EQ(left("f", {Of::all, Of::none}), "one");
  apply(call(trace_sync));
  EXPECT_EQ(left("f", {}), "one");
}

TEST_F(DiskModel, EachSectorIsKeptOnItsOwn) {
  apply(written(0, std::string(1024, 'a')));
  apply(call(trace_sync));
  apply(written(0, std::string(1024, 'b')));
  std::set<std::string> seen;
  for (std::uint64_t chance = 0; chance < 100; ++chance) {
    seen.insert(*left("f", {Of::random, Of::none, chance}));
  }
  const std::string a(512, 'a');
  const std::string b(512, 'b');
  EXPECT_EQ(seen, (std::set<std::string>{a + a, a + b, b + a, b + b}));
}

TEST_F(DiskModel, AWriteThatIsDurableByItselfSyncsNothingElse) {
  apply(written(0, std::string(1024, 'a')));
  apply(call(trace_sync));
  apply(written(0, "old"));
  apply(opened("/r/f", O_WRONLY | O_DSYNC));
  apply(written(512, "new"));
  EXPECT_EQ(left("f", {}), std::string(512, 'a') + "new" + std::string(509, 'a'));
}

TEST_F(DiskModel, WhatAFailedSyncHasLostALaterOneDoesNotBringBack) {
  apply(written(0, "one"));
  Call failed = call(trace_sync);
  failed.failed = true;
  apply(failed);
  apply(call(trace_sync));
  EXPECT_EQ(left("f", {}), std::string(3, '\0'));
}

TEST_F(DiskModel, ANameIsDurableOnlyAfterASyncOfItsFolder) {
  apply(opened("/r/g"));
  apply(written(0, "x"));
  apply(call(trace_sync));
  EXPECT_EQ(left("g", {}), std::nullopt);
  apply(opened("/r", O_RDONLY | O_DIRECTORY));
  apply(call(trace_sync));
  EXPECT_EQ(left("g", {}), "x");
  apply(call(trace_rename, "/r/g", "/r/f"));
  EXPECT_EQ(left("g", {}), "x");
  EXPECT_EQ(left("f", {}), "");
  EXPECT_EQ(left("g", {Of::none, Of::all}), std::nullopt);
  EXPECT_EQ(left("f", {Of::none, Of::all}), "x");
}

}  // namespace
}  // namespace refold::crash
