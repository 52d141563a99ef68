#include "core/base/crash_point.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/base/assert.h"

namespace refold {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

/// Passes seal.written once and then seal.renamed three times, saying so, with REFOLD_CRASH_AT set.
/// The points read it once in a process, so this runs only in the child of a death test.
void seal(const char* crash_at) {
  setenv("REFOLD_CRASH_AT", crash_at, 1);
  crash_point("seal.written");
  for (int pass = 1; pass <= 3; ++pass) {
    std::fprintf(stderr, "before %d;", pass);
    crash_point("seal.renamed");
  }
  std::exit(0);
}

TEST(CrashPoint, DoesNothingUnlessItIsNamed) {
  EXPECT_EXIT(seal(""), ExitedWithCode(0), "^before 1;before 2;before 3;$");
  EXPECT_EXIT(seal("seal"), ExitedWithCode(0), "^before 1;before 2;before 3;$");
  EXPECT_EXIT(seal("seal.renamed.twice"), ExitedWithCode(0), "^before 1;before 2;before 3;$");
}

TEST(CrashPoint, KillsTheProcessAtItsFirstPass) {
  EXPECT_EXIT(seal("seal.renamed"), KilledBySignal(SIGKILL), "^before 1;$");
  EXPECT_EXIT(seal("seal.written"), KilledBySignal(SIGKILL), "^$");
}

TEST(CrashPoint, KillsTheProcessAtThePassThatIsAskedFor) {
  EXPECT_EXIT(seal("seal.renamed:3"), KilledBySignal(SIGKILL), "^before 1;before 2;before 3;$");
  EXPECT_EXIT(seal("seal.renamed:4"), ExitedWithCode(0), "^before 1;before 2;before 3;$");
}

TEST(Assert, EndsTheProcessWithASentenceAndThePlace) {
  REFOLD_ASSERT(1 + 1 == 2, "not printed");
  EXPECT_EXIT(REFOLD_ASSERT(1 + 1 == 3, "one and one are three"), KilledBySignal(SIGABRT),
              "^refold: bug: one and one are three \\(.*crash_point_test.cpp:[0-9]+\\)");
}

}  // namespace
}  // namespace refold
