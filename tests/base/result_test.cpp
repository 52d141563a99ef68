#include "core/base/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>

namespace refold {
namespace {

using ::testing::StartsWith;

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Errc::invalid, std::to_string(number) + " is odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  REFOLD_TRY(const int once, half(number));
  REFOLD_TRY(const int twice, half(once));
  return twice;
}

Result<void> require_even(int number, int& reached) {
  REFOLD_CHECK(half(number));
  ++reached;
  return ok();
}

TEST(Errors, HaveANameOfTheirOwnEach) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::unsupported); ++code) {
    names.insert(name(static_cast<Errc>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Errc::unsupported) + 1);
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_EQ(name(Errc::no_space), "no_space");
  EXPECT_EQ(name(static_cast<Errc>(255)), "unknown");
}

TEST(Errors, OfTheSystemSayWhatCouldNotBeDoneAndWhy) {
  const Error denied = system_error("open data/log", EACCES);
  EXPECT_EQ(denied.code, Errc::io);
  EXPECT_EQ(denied.message, "cannot open data/log: Permission denied");
}

TEST(Errors, OfAFullDiskAreNoSpace) {
  EXPECT_EQ(system_error("write", ENOSPC).code, Errc::no_space);
  EXPECT_EQ(system_error("write", EDQUOT).code, Errc::no_space);
  EXPECT_EQ(system_error("write", EIO).code, Errc::io);
}

TEST(Errors, KeepTheirCodeWhenMoreIsKnownOfTheThing) {
  const Error error = within("segment 1", within("block 3", {Errc::corrupt, "checksum mismatch"}));
  EXPECT_EQ(error.code, Errc::corrupt);
  EXPECT_EQ(error.message, "segment 1: block 3: checksum mismatch");
}

TEST(Result, TryGoesOnWithTheValue) {
  ASSERT_TRUE(quarter(12).has_value());
  EXPECT_EQ(*quarter(12), 3);
}

TEST(Result, TryReturnsTheFirstError) {
  ASSERT_TRUE(quarter(7).has_error());
  EXPECT_EQ(quarter(7).error().message, "7 is odd");
  ASSERT_TRUE(quarter(6).has_error());
  EXPECT_EQ(quarter(6).error().code, Errc::invalid);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(Result, TryMovesWhatCannotBeCopied) {
  const auto make = [](bool good) -> Result<std::unique_ptr<int>> {
    if (!good) return Error{Errc::closed, "closed"};
    return std::make_unique<int>(4);
  };
  const auto use = [&](bool good) -> Result<int> {
    REFOLD_TRY(const std::unique_ptr<int> number, make(good));
    return *number;
  };
  EXPECT_EQ(use(true).value(), 4);
  EXPECT_EQ(use(false).error().code, Errc::closed);
}

TEST(Result, CheckReturnsTheErrorOrGoesOn) {
  int reached = 0;
  EXPECT_TRUE(require_even(2, reached).has_value());
  EXPECT_EQ(reached, 1);
  EXPECT_EQ(require_even(3, reached).error().message, "3 is odd");
  EXPECT_EQ(reached, 1);
}

TEST(Result, TheValueOfAFailureThrowsItsMessage) {
  try {
    (void)half(5).value();
    FAIL() << "did not throw";
  } catch (const BadResult& failure) {
    EXPECT_THAT(failure.what(), StartsWith("5 is odd"));
  }
}

}  // namespace
}  // namespace refold
