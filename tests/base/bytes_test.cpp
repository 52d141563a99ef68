#include "core/base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

namespace refold {
namespace {

TEST(Hex, IsLowerCaseWithTwoDigitsForEachByte) {
  EXPECT_EQ(hex({}), "");
  EXPECT_EQ(hex(Bytes{0x00, 0x0f, 0xf0, 0xff, 0x1a}), "000ff0ff1a");
}

TEST(Bytes, ATextAndItsBytesAreViewsOfTheSameMemory) {
  const std::string text("a\0b\xff", 4);
  const ByteView bytes = bytes_of(text);
  ASSERT_EQ(bytes.size(), 4u);
  EXPECT_EQ(bytes[3], 0xff);
  EXPECT_EQ(text_of(bytes), text);
  EXPECT_EQ(text_of(bytes).data(), text.data());
}

TEST(Bytes, AreEqualIfLengthAndContentAre) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(bytes_of("abc"), Bytes{'a', 'b', 'c'}));
  EXPECT_FALSE(equal(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal(bytes_of("abc"), bytes_of("ab")));
  EXPECT_FALSE(equal(bytes_of("abc"), {}));
}

TEST(Bytes, AppendKeepsWhatWasThere) {
  Bytes bytes{1};
  append(bytes, Bytes{2, 3});
  append(bytes, {});
  EXPECT_EQ(bytes, (Bytes{1, 2, 3}));
}

TEST(Integers, AreStoredLittleEndianAtAnyAlignment) {
  std::array<std::uint8_t, 9> memory{};
  store_le<std::uint32_t>(memory.data() + 1, 0x01020304);
  EXPECT_EQ(hex(memory), "000403020100000000");
  EXPECT_EQ(load_le<std::uint32_t>(memory.data() + 1), 0x01020304u);
  store_le<std::int64_t>(memory.data() + 1, -2);
  EXPECT_EQ(hex(memory), "00feffffffffffffff");
  EXPECT_EQ(load_le<std::int64_t>(memory.data() + 1), -2);
}

TEST(Integers, InKeysSortAsTheirBytesDo) {
  const std::array<std::uint64_t, 6> ascending{
      0, 1, 255, 256, 1ull << 32, std::numeric_limits<std::uint64_t>::max()};
  Bytes before;
  for (const std::uint64_t value : ascending) {
    Bytes key(8);
    store_be64(key.data(), value);
    EXPECT_EQ(load_be64(key.data()), value);
    EXPECT_LT(hex(before), hex(key));
    before = key;
  }
  EXPECT_EQ(hex(before), "ffffffffffffffff");
  store_be64(before.data(), 0x0102);
  EXPECT_EQ(hex(before), "0000000000000102");
}

}  // namespace
}  // namespace refold
