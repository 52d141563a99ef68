#include "core/base/arena.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace refold {
namespace {

TEST(Arena, KeepsEveryPieceAsItWasUntilItIsCleared) {
  std::mt19937_64 random(1);
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<std::string, std::string_view>> pieces;
    for (int piece = 0; piece < 2'000; ++piece) {
      const std::size_t length = random() % (piece % 500 == 0 ? 2 * Arena::chunk_bytes : 1'000);
      std::string text(length, static_cast<char>(random()));
      const std::string_view copy = arena.copy(std::string_view(text));
      pieces.emplace_back(std::move(text), copy);
    }
    for (const auto& [text, copy] : pieces) ASSERT_EQ(copy, text);
    arena.clear();
  }
}

TEST(Arena, CopiesNothingToNothing) {
  Arena arena;
  EXPECT_TRUE(arena.copy(ByteView{}).empty());
  EXPECT_EQ(arena.allocated_bytes(), 0u);
}

TEST(Arena, DoesNotAllocateAgainForTheSameWorkAfterAClear) {
  Arena arena;
  const auto work = [&arena] {
    for (int piece = 0; piece < 100; ++piece) (void)arena.take(10'000);
  };
  work();
  const std::size_t allocated = arena.allocated_bytes();
  for (int round = 0; round < 10; ++round) {
    arena.clear();
    work();
    EXPECT_EQ(arena.allocated_bytes(), allocated);
  }
}

TEST(Arena, KeepsNoMoreThanItsBoundOverAClear) {
  Arena arena;
  (void)arena.take(1);
  (void)arena.take(Arena::kept_bytes_max + 1);
  EXPECT_GT(arena.allocated_bytes(), Arena::kept_bytes_max);
  arena.clear();
  EXPECT_LE(arena.allocated_bytes(), Arena::kept_bytes_max);
  (void)arena.take(Arena::kept_bytes_max + 1);
  arena.clear();
  EXPECT_LE(arena.allocated_bytes(), Arena::kept_bytes_max);
}

TEST(Arena, TakesAnotherChunkForOneByteMoreThanIsLeft) {
  Arena arena;
  (void)arena.take(Arena::chunk_bytes - 1);
  (void)arena.take(1);
  EXPECT_EQ(arena.allocated_bytes(), Arena::chunk_bytes);
  (void)arena.take(1);
  EXPECT_EQ(arena.allocated_bytes(), 2 * Arena::chunk_bytes);
}

TEST(Arena, PassesOverKeptChunksThatAreAByteTooSmall) {
  Arena arena;
  (void)arena.take(1);
  (void)arena.take(Arena::chunk_bytes + 1);
  const std::size_t allocated = arena.allocated_bytes();
  arena.clear();
  (void)arena.take(1);
  (void)arena.take(Arena::chunk_bytes + 2);
  EXPECT_EQ(arena.allocated_bytes(), allocated + Arena::chunk_bytes + 2);
}

TEST(Arena, HandsOutAgainWhatWasGivenBack) {
  Arena arena;
  std::uint8_t* const first = arena.take(100);
  arena.give_back(60);
  EXPECT_EQ(arena.take(1), first + 40);
}

}  // namespace
}  // namespace refold
