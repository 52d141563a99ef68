#include <gtest/gtest.h>

#include <optional>

#include "core/base/lock.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace refold {
namespace {

using namespace refold::testing;

TEST(WriterLock, HasOneHolderWhoIsNamed) {
  const TempFolder folder;
  const auto first = WriterLock::take(folder / "lock");
  ASSERT_TRUE(first.has_value());
  const auto second = WriterLock::take(folder / "lock");
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos);
}

/// As between fork() and exec() on another thread.
TEST(WriterLock, IsFreeWhenItsHolderLetsGoThoughAnotherProcessHasTheFileOpen) {
  const TempFolder folder;
  std::optional<WriterLock> lock;
  lock.emplace(WriterLock::take(folder / "lock").value());
  const Child child([](const Channel& parent) { (void)parent.hear(); });
  lock.reset();
  EXPECT_TRUE(WriterLock::take(folder / "lock").has_value());
  child.channel().say();
}

}  // namespace
}  // namespace refold
