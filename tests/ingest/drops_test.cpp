#include "core/ingest/drops.h"

#include <gtest/gtest.h>

#include <vector>

namespace refold::ingest {
namespace {

std::vector<std::uint64_t> told_of(int drops, const Drops::Counts& before) {
  std::vector<std::uint64_t> told;
  Drops counted([&](Drop, std::uint64_t count, const std::string&) { told.push_back(count); },
                before);
  for (int at = 0; at < drops; ++at) counted.add(Drop::bad_cid, [] { return std::string("x"); });
  EXPECT_EQ(counted[Drop::bad_cid], static_cast<std::uint64_t>(drops));
  return told;
}

TEST(Drops, AreToldOfAFewTimesAndThenWhenTheirNumberHasDoubled) {
  const std::vector<std::uint64_t> few = {1, 2, 3, 4, 5, 8, 16, 32, 64};
  EXPECT_EQ(told_of(100, {}), few);
}

TEST(Drops, ThatCameBeforeAreNotToldOfAgain) {
  Drops::Counts before{};
  before[static_cast<std::size_t>(Drop::bad_cid)] = 100;
  EXPECT_EQ(told_of(100, before), std::vector<std::uint64_t>{128});
}

}  // namespace
}  // namespace refold::ingest
