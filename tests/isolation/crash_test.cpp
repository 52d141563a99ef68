#include "tests/projection/crash_scene.h"

#include "tests/isolation/fixture.h"

namespace refold::isolation {
namespace {

/// Libraries beside the data directory, each in a process of its own.
struct InProcesses {
  ProcessIsolation isolation{quick_processes()};
  Cast cast;

  explicit InProcesses(const fs::path& data) {
    const fs::path folder = data.parent_path();
    cast.names = {"counts", "keeps"};
    cast.isolation = &isolation;
    cast.runner = runner;
    cast.request = [folder](const std::string& name) {
      LoadRequest request;
      request.name = name;
      request.library = folder / (name + ".so");
      request.keep_warm = name == "keeps";
      return request;
    };
    for (const std::string& name : cast.names) {
      const fs::path copy = folder / (name + ".so");
      if (fs::exists(copy)) continue;
      fs::copy_file(refold::testing::test_plugin(name), copy);
      fs::permissions(copy, fs::perms(0600));
    }
  }
};

constexpr const char* played_in_processes = "ProcessScene.DISABLED_Play";

/// Not a test: what the engine does that is killed.
TEST(ProcessScene, DISABLED_Play) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  const InProcesses processes(place);
  Scene(place, processes.cast).play(std::strtoull(std::getenv("REFOLD_TEST_SEED"), nullptr, 10));
}

struct EngineCrashTest : CrashScenes {
  InProcesses processes{data};
};

/// Those of the loop are passed in its processes: see process_test.cpp.
TEST_F(EngineCrashTest, AtEveryNamedPointOfTheEngineTheRowsEqualThoseOfACleanRebuild) {
  const unsigned passes = std::max(2U, crash_rounds(24) / 4);
  std::uint64_t seed = 0;
  for (const std::string point :
       {"projection.promote", "projection.rollback", "projection.reset", "projection.upgrade"}) {
    unsigned hits = 0;
    for (unsigned pass = 1; pass <= passes && !HasFailure(); ++pass) {
      SCOPED_TRACE(point + ":" + std::to_string(pass) + ", seed " + std::to_string(seed));
      if (++seed % 4 == 0) fs::remove_all(data);
      hits += play(played_in_processes, seed, point + ":" + std::to_string(pass)) ? 1 : 0;
      expect_whole(processes.cast);
    }
    EXPECT_GT(hits, 0U) << point;
  }
  std::printf("%u kills\n", kills);
}

TEST_F(EngineCrashTest, AtRandomMomentsTheRowsEqualThoseOfACleanRebuild) {
  std::mt19937_64 random(13);
  for (unsigned round = 0; round < crash_rounds(24) && !HasFailure(); ++round) {
    const std::chrono::microseconds delay(random() % 700'000 + 1);
    SCOPED_TRACE("round " + std::to_string(round) + ", after " + std::to_string(delay.count()) +
                 " us");
    if (round % 5 == 0) fs::remove_all(data);
    (void)play(played_in_processes, 2000 + round, "", delay);
    expect_whole(processes.cast);
  }
  std::printf("%u kills\n", kills);
  EXPECT_GT(kills, 0U);
}

}  // namespace
}  // namespace refold::isolation
