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

/// A process that is killed between fork() and exec() of another one.
TEST(WriterLock, IsFreeSoonWhenItsHolderIsKilledThoughAnotherProcessHasTheFileOpen) {
  const TempFolder folder;
  Child holder([&](const Channel& parent) {
    const auto lock = WriterLock::take(folder / "lock");
    if (fork() == 0) {
      usleep(200'000);
      _exit(0);
    }
    parent.say(lock.has_value() ? 'y' : 'n');
    (void)parent.hear();
  });
  ASSERT_EQ(holder.channel().hear(), 'y');
  holder.kill(SIGKILL);
  ASSERT_TRUE(was_killed(holder.wait()));
  EXPECT_TRUE(WriterLock::take(folder / "lock").has_value());
}

TEST(WriterLock, IsNotWaitedForForEverWhenItsHolderIsGone) {
  const TempFolder folder;
  Child holder([&](const Channel& parent) {
    const auto lock = WriterLock::take(folder / "lock");
    if (fork() == 0) {
      (void)parent.hear();
      _exit(0);
    }
    parent.say();
    pause();
  });
  ASSERT_NE(holder.channel().hear(), '\0');
  holder.kill(SIGKILL);
  ASSERT_TRUE(was_killed(holder.wait()));
  const auto refused = WriterLock::take(folder / "lock");
  holder.channel().say();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::busy);
  EXPECT_NE(refused.error().message.find("started still holds"), std::string::npos);
}

}  // namespace
}  // namespace refold
