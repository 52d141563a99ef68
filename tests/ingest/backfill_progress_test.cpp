#include "core/ingest/backfill/progress.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace refold::ingest {
namespace {

using testing::TempFolder;

struct ProgressTest : ::testing::Test {
  TempFolder folder;

  BackfillProgress open(const std::string& what = "all", bool again = false) const {
    return BackfillProgress::open(folder / "backfill", what, again).value();
  }
  [[nodiscard]] std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder / "backfill")) {
      if (entry.path().extension() == ".progress") return entry.path();
    }
    return {};
  }
};

TEST_F(ProgressTest, IsTheSameInTheNextProcess) {
  {
    BackfillProgress progress = open();
    ASSERT_TRUE(progress.add_done("did:plc:a").has_value());
    ASSERT_TRUE(progress.add_fault({"did:plc:b", Fault::not_found, "no\nsuch repo"}).has_value());
    ASSERT_TRUE(progress.add_done("did:plc:c").has_value());
    ASSERT_TRUE(progress.reach("cursor \n1", {"did:plc:a", "did:plc:b"}).has_value());
    ASSERT_TRUE(progress.add_done("did:plc:d").has_value());
  }
  for (int times = 0; times < 2; ++times) {
    const BackfillProgress progress = open();
    EXPECT_EQ(progress.position(), "cursor \n1");
    EXPECT_EQ(progress.done(), 3U);
    EXPECT_EQ(progress.failed(), 1U);
    EXPECT_FALSE(progress.is_settled("did:plc:a"));
    EXPECT_TRUE(progress.is_settled("did:plc:c"));
    EXPECT_TRUE(progress.is_settled("did:plc:d"));
    ASSERT_EQ(progress.faults().size(), 1U);
    EXPECT_EQ(progress.faults()[0].did, "did:plc:b");
    EXPECT_EQ(progress.faults()[0].fault, Fault::not_found);
    EXPECT_EQ(progress.faults()[0].message, "no\\x0asuch repo");
  }
}

TEST_F(ProgressTest, NothingCountsTwice) {
  BackfillProgress progress = open();
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(progress.add_done("did:plc:a").has_value());
    ASSERT_TRUE(progress.add_fault({"did:plc:b", Fault::refused, "no"}).has_value());
  }
  EXPECT_EQ(progress.done(), 1U);
  EXPECT_EQ(progress.failed(), 1U);
}

TEST_F(ProgressTest, AnotherBackfillHasItsOwnAndAgainStartsOver) {
  { ASSERT_TRUE(open("all").add_done("did:plc:a").has_value()); }
  EXPECT_EQ(open("some").done(), 0U);
  EXPECT_EQ(open("all").done(), 1U);
  EXPECT_EQ(open("all", true).done(), 0U);
  EXPECT_EQ(open("all").done(), 0U);
}

TEST_F(ProgressTest, WhatIsFinishedBeginsAnew) {
  {
    BackfillProgress progress = open();
    ASSERT_TRUE(progress.add_done("did:plc:a").has_value());
    progress.finish();
  }
  EXPECT_TRUE(file().empty());
  EXPECT_EQ(open().done(), 0U);
}

TEST_F(ProgressTest, AFileThatWasCutOffOrIsGarbageLosesOnlyWhatItLacks) {
  {
    BackfillProgress progress = open();
    ASSERT_TRUE(progress.add_done("did:plc:a").has_value());
    ASSERT_TRUE(progress.add_done("did:plc:b").has_value());
  }
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  EXPECT_EQ(open().done(), 1U);
  std::ofstream(file(), std::ios::app) << "- did:plc:x no_such_fault x\n- \nfoo\n+ did:plc:c\n";
  EXPECT_EQ(open().done(), 2U);
  std::ofstream(file(), std::ios::trunc) << std::string(1000, '\xff');
  EXPECT_EQ(open().done(), 0U);
}

TEST_F(ProgressTest, ManyFaultsAreCountedAndAFewAreKept) {
  BackfillProgress progress = open();
  const std::string long_message(5'000, 'm');
  for (int number = 0; number < 3'000; ++number) {
    const std::string did = "did:plc:" + std::to_string(number);
    ASSERT_TRUE(progress.add_fault({did, Fault::refused, long_message}).has_value());
    ASSERT_TRUE(number % 1'000 != 0 || progress.reach("x", {}).has_value());
  }
  EXPECT_EQ(progress.failed(), 3'000U);
  EXPECT_EQ(progress.faults().size(), BackfillProgress::faults_kept_max);
  EXPECT_LT(std::filesystem::file_size(file()), 2'000'000U);
}

}  // namespace
}  // namespace refold::ingest
