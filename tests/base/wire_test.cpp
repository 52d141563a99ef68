#include "core/base/wire.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace refold {
namespace {

constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t i64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t i64_max = std::numeric_limits<std::int64_t>::max();

Bytes varint(std::uint64_t value) {
  Bytes bytes;
  put_varint(bytes, value);
  return bytes;
}

/// Values around every power of two: where a varint grows by a byte, and where a bit could get
/// lost.
std::vector<std::uint64_t> edges() {
  std::vector<std::uint64_t> values{0, u64_max};
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    values.insert(values.end(), {power - 1, power, power + 1});
  }
  return values;
}

TEST(Varint, HasItsKnownForm) {
  EXPECT_EQ(hex(varint(0)), "00");
  EXPECT_EQ(hex(varint(127)), "7f");
  EXPECT_EQ(hex(varint(128)), "8001");
  EXPECT_EQ(hex(varint(300)), "ac02");
  EXPECT_EQ(hex(varint(u64_max)), "ffffffffffffffffff01");
}

TEST(Varint, ReadsBackEveryValueItWrote) {
  for (const std::uint64_t value : edges()) {
    const Bytes bytes = varint(value);
    WireReader reader(bytes);
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.finished()) << value;
  }
}

TEST(Varint, CutShortAnywhereFails) {
  for (const std::uint64_t value : edges()) {
    const Bytes bytes = varint(value);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      WireReader reader(ByteView(bytes).first(length));
      EXPECT_EQ(reader.varint(), 0u);
      EXPECT_TRUE(reader.failed()) << value << " cut to " << length;
    }
  }
}

TEST(Varint, LongerThanTenBytesOrBeyond64BitsFails) {
  const Bytes eleven_bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  const Bytes beyond_64_bits{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
  const Bytes without_end(64, 0xff);
  for (const Bytes& bytes : {eleven_bytes, beyond_64_bits, without_end}) {
    WireReader reader(bytes);
    EXPECT_EQ(reader.varint(), 0u);
    EXPECT_TRUE(reader.failed()) << hex(bytes);
  }
}

TEST(Zigzag, MapsSmallMagnitudesToSmallValues) {
  EXPECT_EQ(zigzag(0), 0u);
  EXPECT_EQ(zigzag(-1), 1u);
  EXPECT_EQ(zigzag(1), 2u);
  EXPECT_EQ(zigzag(-2), 3u);
  EXPECT_EQ(zigzag(i64_max), u64_max - 1);
  EXPECT_EQ(zigzag(i64_min), u64_max);
}

TEST(Zigzag, IsUndoneForEveryValue) {
  for (const std::uint64_t value : edges()) {
    EXPECT_EQ(zigzag(unzigzag(value)), value);
    EXPECT_EQ(unzigzag(zigzag(static_cast<std::int64_t>(value))), static_cast<std::int64_t>(value));
  }
}

TEST(WireReader, ReadsAStructureBack) {
  Bytes bytes;
  put_fixed<std::uint32_t>(bytes, 0xdeadbeef);
  put_sized(bytes, bytes_of("refold"));
  put_varint(bytes, 300);
  put_fixed<std::int8_t>(bytes, -1);
  put_sized(bytes, ByteView());

  WireReader reader(bytes);
  EXPECT_EQ(reader.fixed<std::uint32_t>(), 0xdeadbeefu);
  EXPECT_EQ(reader.sized_text(6), "refold");
  EXPECT_EQ(reader.varint(), 300u);
  EXPECT_EQ(reader.fixed<std::int8_t>(), -1);
  EXPECT_FALSE(reader.finished());
  EXPECT_EQ(reader.left(), 1u);
  EXPECT_TRUE(reader.sized(0).empty());
  EXPECT_TRUE(reader.finished());
}

TEST(WireReader, HandsOutViewsOfItsInput) {
  const Bytes bytes{1, 2, 3, 4};
  WireReader reader(bytes);
  EXPECT_EQ(reader.bytes(3).data(), bytes.data());
  EXPECT_EQ(reader.left(), 1u);
}

TEST(WireReader, OfNothingIsFinishedAndFailsOnTheFirstRead) {
  WireReader reader(ByteView{});
  EXPECT_TRUE(reader.finished());
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_TRUE(reader.finished());
  EXPECT_EQ(reader.fixed<std::uint8_t>(), 0);
  EXPECT_TRUE(reader.failed());
}

TEST(WireReader, StaysFailedAndYieldsNothingMore) {
  const Bytes bytes{1, 2, 3};
  WireReader reader(bytes);
  EXPECT_EQ(reader.fixed<std::uint64_t>(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(reader.fixed<std::uint8_t>(), 0);
  EXPECT_EQ(reader.varint(), 0u);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_TRUE(reader.sized(10).empty());
  EXPECT_EQ(reader.sized_text(10), "");
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_TRUE(reader.failed());
  EXPECT_FALSE(reader.finished());
}

TEST(WireReader, RefusesALengthBeyondTheInputWithoutOverflow) {
  for (const std::uint64_t length : {std::uint64_t{4}, std::uint64_t{1} << 63, u64_max}) {
    Bytes bytes = varint(length);
    append(bytes, Bytes{1, 2, 3});
    WireReader sized(bytes);
    EXPECT_TRUE(sized.sized(u64_max).empty());
    EXPECT_TRUE(sized.failed()) << length;
    WireReader direct(ByteView(bytes).last(3));
    EXPECT_TRUE(direct.bytes(length).empty());
    EXPECT_TRUE(direct.failed()) << length;
  }
}

TEST(WireReader, RefusesALengthOverItsBoundEvenIfTheBytesAreThere) {
  Bytes bytes;
  put_sized(bytes, bytes_of("refold"));
  WireReader at_the_bound(bytes);
  EXPECT_EQ(at_the_bound.sized_text(6), "refold");
  WireReader over_the_bound(bytes);
  EXPECT_EQ(over_the_bound.sized_text(5), "");
  EXPECT_TRUE(over_the_bound.failed());
}

TEST(WireReader, NeverReadsOutsideRandomInput) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random() % 24);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> (random() % 8));
    WireReader reader(bytes);
    std::size_t left = reader.left();
    while (!reader.failed() && left > 0) {
      switch (random() % 4) {
        case 0: (void)reader.varint(); break;
        case 1: (void)reader.fixed<std::uint16_t>(); break;
        case 2: {
          const ByteView view = reader.sized(random() % 32);
          if (!view.empty()) {
            ASSERT_GE(view.data(), bytes.data());
            ASSERT_LE(view.data() + view.size(), bytes.data() + bytes.size());
          }
          break;
        }
        default: (void)reader.bytes(1); break;
      }
      ASSERT_LT(reader.left(), left) << "a read neither moved on nor failed";
      left = reader.left();
    }
    EXPECT_NE(reader.failed(), reader.finished());
  }
}

}  // namespace
}  // namespace refold
