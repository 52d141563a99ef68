#include "tests/projection/crash_scene.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

const Cast& threads() {
  static const Cast cast{{"tally", "latest", "guests", "diary"}, [](const std::string& name) {
                           LoadRequest request;
                           request.plugin = "tests";
                           request.projection = name;
                           request.name = name;
                           request.keep_warm = name == "latest";
                           return request;
                         }};
  return cast;
}

constexpr const char* played = "CrashScene.DISABLED_Play";

/// Not a test: what the process does that is killed.
TEST(CrashScene, DISABLED_Play) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  Scene(place, threads()).play(std::strtoull(std::getenv("REFOLD_TEST_SEED"), nullptr, 10));
}

struct CrashTest : CrashScenes {};

TEST_F(CrashTest, AtEveryNamedPointTheRowsEqualThoseOfACleanRebuild) {
  const std::vector<std::string> points = named_points();
  for (const char* const one :
       {"projection.apply", "projection.promote", "projection.rollback", "projection.reset",
        "projection.upgrade", "view.merge", "view.commit", "view.checkpoint"}) {
    EXPECT_NE(std::find(points.begin(), points.end(), one), points.end()) << one;
  }
  const auto passes = std::max<std::size_t>(2, crash_rounds(40) / points.size());
  std::map<std::string, unsigned> hits;
  std::uint64_t seed = 0;
  for (const std::string& point : points) {
    for (std::size_t pass = 1; pass <= passes && !HasFailure(); ++pass) {
      SCOPED_TRACE(point + ":" + std::to_string(pass) + ", seed " + std::to_string(seed));
      if (++seed % 4 == 0) fs::remove_all(data);
      hits[point] += play(played, seed, point + ":" + std::to_string(pass)) ? 1 : 0;
      expect_whole(threads());
    }
  }
  for (const std::string& point : points) EXPECT_GT(hits[point], 0U) << point;
  std::printf("%u kills\n", kills);
}

TEST_F(CrashTest, AtRandomMomentsTheRowsEqualThoseOfACleanRebuild) {
  std::mt19937_64 random(7);
  for (unsigned round = 0; round < crash_rounds(40) && !HasFailure(); ++round) {
    const std::chrono::microseconds delay(random() % 700'000 + 1);
    SCOPED_TRACE("round " + std::to_string(round) + ", after " + std::to_string(delay.count()) +
                 " us");
    if (round % 5 == 0) fs::remove_all(data);
    (void)play(played, 1000 + round, "", delay);
    expect_whole(threads());
  }
  std::printf("%u kills\n", kills);
  EXPECT_GT(kills, 0U);
}

}  // namespace
}  // namespace refold::projection
