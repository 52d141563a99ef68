#include "core/view/checkpoint.h"

#include <gtest/gtest.h>

namespace refold::view {
namespace {

Checkpoint full() {
  Checkpoint checkpoint;
  checkpoint.seq = 123'456'789'012;
  checkpoint.event_checksum = 0xfedcba9876543210;
  checkpoint.log_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  checkpoint.redaction_epoch = 3;
  checkpoint.generation = 300;
  checkpoint.projection = "likes";
  checkpoint.plugin = "social";
  checkpoint.version = "1.2.3";
  checkpoint.build_id = "abcdef";
  checkpoint.fold = 77;
  checkpoint.options = "top=10\nsince=0";
  checkpoint.layouts = {"did -> count", ""};
  checkpoint.skipped = {5, 1'000'000};
  checkpoint.unverified = true;
  return checkpoint;
}

TEST(Checkpoint, ComesBackAsItWas) {
  EXPECT_EQ(decode_checkpoint(encode(full())).value(), full());
  EXPECT_EQ(decode_checkpoint(encode(Checkpoint{})).value(), Checkpoint{});
}

TEST(Checkpoint, CutOffOrLongerIsRefused) {
  Bytes stored = encode(full());
  for (std::size_t size = 0; size < stored.size(); ++size) {
    const auto decoded = decode_checkpoint(ByteView(stored).first(size));
    ASSERT_TRUE(decoded.has_error()) << size;
    EXPECT_EQ(decoded.error().code, Errc::corrupt);
  }
  stored.push_back(0);
  EXPECT_TRUE(decode_checkpoint(stored).has_error());
}

TEST(Checkpoint, OfALaterVersionIsRefusedWithBothNumbers) {
  Bytes stored = encode(full());
  stored[0] = 9;
  const auto decoded = decode_checkpoint(stored);
  ASSERT_TRUE(decoded.has_error());
  EXPECT_EQ(decoded.error().code, Errc::newer_format);
  EXPECT_NE(decoded.error().message.find("version 9, this program knows up to 1"),
            std::string::npos);
}

}  // namespace
}  // namespace refold::view
