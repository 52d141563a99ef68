#include "tests/bench/report.h"

#include <gmock/gmock.h>

namespace refold::bench {
namespace {

using ::testing::HasSubstr;

Row row_of(bool more_is_better, double ours,
           std::initializer_list<std::pair<const char*, double>> peers) {
  Row row;
  row.name = "work";
  row.unit = "events/s";
  row.more_is_better = more_is_better;
  row.ours.add(ours);
  for (const auto& [name, value] : peers) row.add(name, value);
  return row;
}

TEST(Samples, TheMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle) {
  Samples samples;
  for (const double value : {4.0, 1.0, 100.0, 2.0}) samples.add(value);
  EXPECT_DOUBLE_EQ(samples.median(), 3.0);
  EXPECT_DOUBLE_EQ(samples.lowest(), 1.0);
  EXPECT_DOUBLE_EQ(samples.highest(), 100.0);
}

TEST(Row, IsComparedWithTheBestPeer) {
  EXPECT_EQ(row_of(true, 10, {{"slow", 2}, {"fast", 5}}).peer()->name, "fast");
  EXPECT_EQ(row_of(false, 10, {{"small", 2}, {"large", 5}}).peer()->name, "small");
  EXPECT_DOUBLE_EQ(*row_of(true, 10, {{"slow", 2}, {"fast", 5}}).ratio(), 2.0);
}

TEST(Row, IsComparedWithThePeerThatItsTargetNames) {
  Row row = row_of(true, 10, {{"slow", 2}, {"fast", 5}});
  row.compared_with = "slow";
  EXPECT_DOUBLE_EQ(*row.ratio(), 5.0);
}

TEST(Row, IsMetOnlyIfEveryBoundIs) {
  Row row = row_of(true, 10, {{"peer", 5}});
  EXPECT_TRUE(row.met());
  row.target = {.ratio_at_least = 2.0, .ours_at_least = 10.0};
  EXPECT_TRUE(row.met());
  row.target.ours_at_least = 10.1;
  EXPECT_FALSE(row.met());
  row.target = {.ratio_at_least = 2.1};
  EXPECT_FALSE(row.met());
}

TEST(Row, WithoutAPeerARatioIsNotMet) {
  Row row = row_of(true, 10, {});
  row.target = {.ratio_at_least = 1.0};
  EXPECT_FALSE(row.met());
}

TEST(Report, SaysTheSameInEveryForm) {
  Row row = row_of(true, 1'234'567, {{"peer", 1'000'000}});
  row.target = {.ratio_at_least = 2.0};
  const Setting setting{"refold-bench", "a machine", "today", "abc", 10, 1};
  EXPECT_THAT(as_text({row}), HasSubstr("1.235x  NO   work"));
  EXPECT_THAT(as_markdown({row}, setting), HasSubstr("| 1.235x | NO | work | 1,235,000 |"));
  EXPECT_THAT(as_json({row}, setting), HasSubstr("\"ratio\":1.23457,"));
  EXPECT_THAT(as_json({row}, setting), HasSubstr("\"met\":false,"));
}

}  // namespace
}  // namespace refold::bench
