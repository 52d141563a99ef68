#include "core/index/queue.h"

#include <gtest/gtest.h>

namespace refold::index {
namespace {

/// Adds a batch of so many drafts, and takes the group that it becomes.
void pass(Queue& queue, std::size_t drafts) {
  Submission submission;
  submission.batch.drafts.resize(drafts);
  submission.awaited = true;
  ASSERT_TRUE(queue.add(submission));
  ASSERT_TRUE(queue.take().has_value());
}

TEST(Queue, IsCrowdedWhileItsGroupsAreLarge) {
  RecorderOptions options;
  options.group_events_max = 100;
  Queue queue(options);
  EXPECT_FALSE(queue.crowded());
  pass(queue, 1);
  EXPECT_FALSE(queue.crowded());
  pass(queue, 50);
  EXPECT_TRUE(queue.crowded());
  pass(queue, 1);
  EXPECT_FALSE(queue.crowded());
}

TEST(Queue, IsNoLongerCrowdedWhenThereIsNothingLeft) {
  RecorderOptions options;
  options.group_events_max = 100;
  Queue queue(options);
  pass(queue, 50);
  EXPECT_TRUE(queue.crowded());
  queue.close();
  EXPECT_FALSE(queue.take().has_value());
  EXPECT_FALSE(queue.crowded());
}

}  // namespace
}  // namespace refold::index
