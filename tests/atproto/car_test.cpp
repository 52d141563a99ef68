#include "core/atproto/car.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/repo_builder.h"

namespace refold::atproto {
namespace {

using testing::CarBuilder;
using ::testing::HasSubstr;

struct Car : ::testing::Test {
  CarBuilder builder;
  Cid first = builder.add(bytes_of("one"));
  Cid second = builder.add(bytes_of("two"));
  BlockStore store;

  Error refused(ByteView archive, CarLimits limits = {}) {
    auto read = read_car(archive, store, limits);
    EXPECT_TRUE(read.has_error());
    return read.has_error() ? read.error() : Error{};
  }
};

TEST_F(Car, EveryBlockIsFoundByItsCid) {
  const Bytes archive = builder.car(first);
  const CarContents contents = read_car(archive, store).value();
  EXPECT_EQ(contents.roots, std::vector<Cid>{first});
  EXPECT_TRUE(contents.damaged.empty());
  ASSERT_NE(store.find(second), nullptr);
  EXPECT_EQ(text_of(*store.find(first)), "one");
  EXPECT_EQ(text_of(*store.find(second)), "two");
  EXPECT_EQ(store.find(cid_of(bytes_of("three"))), nullptr);
}

TEST_F(Car, ABlockThatDoesNotHashToItsCidIsNotFoundAndNamed) {
  const Cid third = cid_of(bytes_of("three"));
  builder.add_as(third, bytes_of("tree"));
  const Bytes archive = builder.car(first);
  const CarContents contents = read_car(archive, store).value();
  EXPECT_EQ(contents.damaged, std::vector<Cid>{third});
  EXPECT_EQ(store.find(third), nullptr);
  EXPECT_NE(store.find(second), nullptr);
}

TEST_F(Car, ABlockThatComesTwiceIsNoError) {
  builder.add(bytes_of("one"));
  const Bytes archive = builder.car(first);
  ASSERT_TRUE(read_car(archive, store).has_value());
  EXPECT_EQ(text_of(*store.find(first)), "one");
}

TEST_F(Car, ABlockWithAForeignCidIsPassedOver) {
  Bytes archive = builder.car(first);
  Bytes foreign{0x01, 0x55, 0x13, 0x40};  // SHA-512
  foreign.resize(foreign.size() + 64, 9);
  append(foreign, bytes_of("what"));
  put_sized(archive, foreign);
  Bytes old{0x12, 0x20};  // version 0
  old.resize(old.size() + 32, 9);
  put_sized(archive, old);
  EXPECT_EQ(read_car(archive, store).value().foreign, 2U);
  EXPECT_EQ(store.size(), 2U);
}

TEST_F(Car, CutOffAnywhereItIsRefusedOrHasFewerBlocks) {
  const Bytes archive = builder.car(first);
  const std::size_t header = archive.size() - builder.blocks().size();
  for (std::size_t size = 0; size < archive.size(); ++size) {
    const auto read = read_car(ByteView(archive).first(size), store);
    const bool whole = size == header || size == header + builder.blocks().size() / 2;
    EXPECT_EQ(read.has_value(), whole) << size;
  }
}

TEST_F(Car, WhatIsWrongIsNamed) {
  const Bytes archive = builder.car(first);
  EXPECT_THAT(refused({}).message, HasSubstr("cut off"));
  EXPECT_THAT(refused(bytes_of("\xff\xff\xff\xff\x7f")).message, HasSubstr("header"));
  EXPECT_THAT(refused(bytes_of("\x01\xa0")).message, HasSubstr("version 1"));
  CarLimits small;
  small.block_bytes_max = 2;
  EXPECT_THAT(refused(archive, small).message, HasSubstr("too large"));
  CarLimits few;
  few.blocks_max = 1;
  EXPECT_THAT(refused(archive, few).message, HasSubstr("too many"));
  Bytes version = archive;
  version[version.size() - builder.blocks().size() - 1] = 2;
  EXPECT_THAT(refused(version).message, HasSubstr("version 1"));
}

TEST_F(Car, ALengthThatIsNotInItsShortestFormIsRefused) {
  Bytes archive = builder.car(first);
  archive.push_back(0x80);
  archive.push_back(0x00);
  EXPECT_THAT(refused(archive).message, HasSubstr("shortest"));
}

}  // namespace
}  // namespace refold::atproto
