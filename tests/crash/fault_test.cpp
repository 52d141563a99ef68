#include <gtest/gtest.h>

#include "tests/crash/stage.h"

namespace refold::crash {
namespace {

TEST(Fault, AnyCallThatFailsIsReportedLosesNothingAndIsGotOver) {
  if (sanitized) GTEST_SKIP() << "the shim is not preloaded below a sanitizer";
  const Scratch scratch;
  constexpr std::uint64_t seed = 78;
  (void)prepare(scratch / "prepared", seed);
  const std::filesystem::path stage = scratch / "stage";
  std::filesystem::create_directories(stage);
  constexpr unsigned passes = 4;
  Process process({worker, "faults", (scratch / "prepared").native(), stage.native(),
                   std::to_string(seed), std::to_string(passes)},
                  {{"LD_PRELOAD", shim}, {"REFOLD_SHIM_ROOT", stage.native()}});
  const Ended ended = process.end();
  EXPECT_TRUE(ended.well()) << ended.text();
}

}  // namespace
}  // namespace refold::crash
