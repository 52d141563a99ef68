#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

using ProjectionsTest = ProjectionTest;

TEST_F(ProjectionsTest, AProjectionIsBuiltAndGoesOnLive) {
  post_some("alice", 5);
  load("tally");
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 5U);
  EXPECT_TRUE(comes_true([&] { return status("tally").state() == "live"; }));
  record({create("bob", "1", 10, "hi"), create("bob", "2", 11, "", like)});
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 6U);
  EXPECT_EQ(all("tally"), R"({"app.bsky.feed.like":1,"app.bsky.feed.post":6})");
}

}  // namespace
}  // namespace refold::projection
