#include "core/log/codec/numbers.h"

#include <gtest/gtest.h>

#include <random>

namespace refold::log::codec {
namespace {

using Numbers = std::vector<std::uint64_t>;

std::vector<Numbers> round_trip(const std::vector<Numbers>& columns) {
  Bytes classes;
  BitWriter bits;
  for (const Numbers& column : columns) put_column(column, classes, bits);
  const Bytes raw = bits.finish();
  ColumnReader reader(classes, raw);
  std::vector<Numbers> read(columns.size());
  for (Numbers& column : read) EXPECT_TRUE(reader.next(column, 1U << 20));
  EXPECT_TRUE(reader.finished());
  return read;
}

TEST(Numbers, EveryBitWidthComesBack) {
  Numbers all;
  for (unsigned width = 0; width <= 64; ++width) {
    const std::uint64_t top = width == 0 ? 0 : std::uint64_t{1} << (width - 1);
    for (const std::uint64_t low :
         {std::uint64_t{0}, std::uint64_t{1}, top / 2, top - (width > 0)}) {
      all.push_back(top | low);
    }
  }
  EXPECT_EQ(round_trip({all}).front(), all);
}

TEST(Numbers, ColumnsFollowEachOtherInOneBitStream) {
  std::mt19937_64 random(1);
  std::vector<Numbers> columns(20);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t n = 0; n < i * 7; ++n) columns[i].push_back(random() >> (random() % 64));
  }
  EXPECT_EQ(round_trip(columns), columns);
}

TEST(Numbers, ARepeatedValueIsStoredOnce) {
  Bytes classes;
  BitWriter bits;
  put_column(Numbers(1000, 123456789), classes, bits);
  EXPECT_LT(classes.size(), 10U);
  EXPECT_EQ(bits.bytes(), 0U);
  EXPECT_EQ(round_trip({Numbers(1000, 123456789)}).front(), Numbers(1000, 123456789));
}

TEST(Numbers, AColumnLongerThanAllowedIsRefused) {
  Bytes classes;
  BitWriter bits;
  put_column(Numbers{1, 2, 3}, classes, bits);
  const Bytes raw = bits.finish();
  ColumnReader reader(classes, raw);
  Numbers column;
  EXPECT_FALSE(reader.next(column, 2));
}

TEST(Numbers, HostileBytesAreRefusedOrReadWithinBounds) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 20'000; ++round) {
    Bytes classes(random() % 40);
    Bytes bits(random() % 24);
    for (auto& byte : classes) byte = static_cast<std::uint8_t>(random());
    for (auto& byte : bits) byte = static_cast<std::uint8_t>(random());
    ColumnReader reader(classes, bits);
    Numbers column;
    while (reader.next(column, 1000) && !reader.finished()) EXPECT_LE(column.size(), 1000U);
  }
}

}  // namespace
}  // namespace refold::log::codec
