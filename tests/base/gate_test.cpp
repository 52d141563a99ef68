#include "core/base/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace refold {
namespace {

TEST(Gate, NobodyEntersOnceItIsClosed) {
  Gate gate;
  EXPECT_TRUE(gate.enter());
  gate.leave();
  gate.close();
  EXPECT_FALSE(gate.enter());
  gate.close();
}

TEST(Gate, CloseWaitsForThoseInside) {
  Gate gate;
  std::atomic<bool> left = false;
  ASSERT_TRUE(gate.enter());
  std::thread inside([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    left = true;
    gate.leave();
  });
  gate.close();
  EXPECT_TRUE(left);
  inside.join();
}

TEST(Gate, NobodyIsInsideWhenCloseHasReturned) {
  for (int round = 0; round < 100; ++round) {
    Gate gate;
    std::atomic<int> inside = 0;
    std::atomic<bool> closed = false;
    std::atomic<bool> seen = false;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&] {
        while (gate.enter()) {
          ++inside;
          if (closed) seen = true;
          --inside;
          gate.leave();
        }
      });
    }
    gate.close();
    closed = true;
    EXPECT_EQ(inside, 0);
    for (auto& caller : callers) caller.join();
    EXPECT_FALSE(seen);
  }
}

}  // namespace
}  // namespace refold
