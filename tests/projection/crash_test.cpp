#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/projection/fixture.h"
#include "tests/projection/traffic.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> names{"tally", "latest", "guests", "diary"};
constexpr std::uint64_t batches = 40;
constexpr std::size_t batch_drafts = 30;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned usual_rounds = 6;
#else
constexpr unsigned usual_rounds = 24;
#endif

unsigned rounds_wanted() {
  const char* const setting = std::getenv("REFOLD_CRASH_ROUNDS");
  return setting == nullptr ? usual_rounds
                            : static_cast<unsigned>(std::strtoul(setting, nullptr, 10));
}

/// Every crash_point("...") of projections and views, and those that are passed by name.
std::vector<std::string> named_points() {
  std::set<std::string> found;
  for (const char* const part : {"/core/projection", "/core/view"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(std::string(REFOLD_SOURCE_DIR) + part)) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = content_of(entry.path());
      for (const std::string start : {"\"projection.", "\"view."}) {
        for (std::size_t at = 0; (at = text.find(start, at)) != std::string::npos; ++at) {
          const std::string name = text.substr(at + 1, text.find('"', at + 1) - at - 1);
          if (name.find(".mdb") == std::string::npos) found.insert(name);
        }
      }
    }
  }
  return {found.begin(), found.end()};
}

/// What goes on in the process that is killed, and in the one that looks at what is left.
struct Scene {
  ProjectionsOptions options = quick_options();
  std::unique_ptr<index::Recorder> recorder;
  std::unique_ptr<Projections> projections;

  explicit Scene(const fs::path& data) {
    // Small batches, so that a kill finds many of them.
    options.loop.batch_bytes_max = 4096;
    recorder = good(index::Recorder::open(data, ProjectionTest::recorder_options()));
    projections = good(Projections::open(recorder->log(), options));
    for (const std::string& name : names) {
      LoadRequest request;
      request.plugin = "tests";
      request.projection = name;
      request.name = name;
      request.keep_warm = name == "latest";
      if (projections->find(name).has_error()) good(projections->load(request));
    }
  }
  ~Scene() { projections.reset(); }

  [[nodiscard]] Supervisor& at(const std::string& name) const {
    return *good(projections->find(name));
  }
  void record(std::uint64_t number) const {
    good(recorder->record(batch_of(traffic(batch_drafts, number))));
  }
  [[nodiscard]] bool is_live(const std::string& name) const {
    return good(at(name).status()).state() == "live" && !replaying(name);
  }
  [[nodiscard]] bool replaying(const std::string& name) const {
    const ProjectionRecord record = at(name).record();
    return std::any_of(record.generations.begin(), record.generations.end(), [&](const auto& one) {
      return one.number != record.current &&
             (one.state == State::building || one.state == State::ready);
    });
  }
  /// Another version of the code, with the same fold.
  void upgrade(const std::string& name) const {
    UpgradeRequest request;
    request.code = at(name).record().find(at(name).record().current)->code;
    request.code.version += "+";
    (void)at(name).upgrade(request);
  }
  /// Some command; that it is refused is fine.
  void command(std::mt19937_64& random) const {
    const std::string& name = names[random() % names.size()];
    Supervisor& projection = at(name);
    switch (random() % 10) {
      case 0: (void)projection.reset(); break;
      case 1:
        (void)projection.replay({.hold = true, .slice = {}});
        (void)comes_true([&] { return projection.promote().has_value(); }, 300ms);
        break;
      case 2: (void)projection.replay({}); break;
      case 3: (void)projection.rollback(); break;
      case 4: upgrade(name); break;
      case 5: (void)projection.prune(); break;
      case 6: (void)projection.cancel(); break;
      case 7:
        (void)projection.pause();
        (void)projection.resume();
        break;
      default: break;
    }
  }
};

/// Not a test: what the process does that is killed.
TEST(CrashScene, DISABLED_Play) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  const Scene scene(place);
  std::mt19937_64 random(std::strtoull(std::getenv("REFOLD_TEST_SEED"), nullptr, 10));
  const std::uint64_t from = random() % batches;
  for (std::uint64_t number = 0; number < batches; ++number) {
    scene.record((from + number) % batches);
    scene.command(random);
  }
  for (const std::string& name : names) {
    // What every run does, so that each point is passed.
    (void)scene.at(name).resume();
    (void)scene.at(name).cancel();
    (void)scene.at(name).reset();
    (void)comes_true([&] { return scene.is_live(name); }, 3s);
    scene.upgrade(name);
    (void)scene.at(name).replay({});
    (void)comes_true([&] { return scene.is_live(name); }, 3s);
    (void)scene.at(name).rollback();
  }
}

struct CrashTest : ::testing::Test {
  TempFolder folder;
  fs::path data = folder / "data";

  [[nodiscard]] int play(std::uint64_t seed, const std::string& point,
                         std::chrono::microseconds kill_after = {}) const {
    const pid_t pid = fork();
    if (pid == 0) {
      setenv("REFOLD_TEST_DATA_FOLDER", data.c_str(), 1);
      setenv("REFOLD_TEST_SEED", std::to_string(seed).c_str(), 1);
      if (!point.empty()) setenv("REFOLD_CRASH_AT", point.c_str(), 1);
      execl("/proc/self/exe", "child", "--gtest_filter=CrashScene.DISABLED_Play",
            "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
      _exit(127);
    }
    if (kill_after.count() > 0) {
      std::this_thread::sleep_for(kill_after);
      ::kill(pid, SIGKILL);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
  }

  /// Whatever was done and left undone: everything is there, goes on, and is as if built anew.
  void expect_whole() const {
    reset_test_plugin();
    const Scene scene(data);
    for (std::uint64_t number = 0; number < batches; ++number) scene.record(number);
    const log::Seq last = good(scene.recorder->log().last());
    for (const std::string& name : names) {
      SCOPED_TRACE(name);
      Supervisor& projection = scene.at(name);
      good(projection.resume());
      (void)projection.promote();
      ASSERT_TRUE(comes_true([&] { return !scene.replaying(name) || projection.promote(); }));
      const auto waited = projection.wait(last, within_time());
      ASSERT_TRUE(waited.has_value()) << waited.error().message;
      const auto report = projection.verify(nullptr);
      ASSERT_TRUE(report.has_value()) << report.error().message;
      EXPECT_TRUE(report->equal) << report->said;
      EXPECT_EQ(report->seq, last);
      // Nothing lies about that is in no record.
      const ProjectionRecord record = projection.record();
      for (const auto& entry : fs::directory_iterator(data / "projections" / name)) {
        const std::uint64_t number = std::stoull(entry.path().filename().native());
        EXPECT_NE(record.find(number), nullptr) << entry.path();
      }
    }
  }
};

TEST_F(CrashTest, AtEveryNamedPointTheRowsEqualThoseOfACleanRebuild) {
  const std::vector<std::string> points = named_points();
  for (const char* const one :
       {"projection.apply", "projection.promote", "projection.rollback", "projection.reset",
        "projection.upgrade", "view.merge", "view.commit", "view.checkpoint"}) {
    EXPECT_NE(std::find(points.begin(), points.end(), one), points.end()) << one;
  }
  const auto passes = std::max<std::size_t>(2, rounds_wanted() / 2 / points.size());
  std::map<std::string, unsigned> hits;
  std::uint64_t seed = 0;
  for (const std::string& point : points) {
    for (std::size_t pass = 1; pass <= passes && !HasFailure(); ++pass) {
      SCOPED_TRACE(point + ":" + std::to_string(pass) + ", seed " + std::to_string(seed));
      if (++seed % 4 == 0) fs::remove_all(data);
      const int status = play(seed, point + ":" + std::to_string(pass));
      hits[point] += was_killed(status) ? 1 : 0;
      expect_whole();
    }
  }
  for (const std::string& point : points) EXPECT_GT(hits[point], 0U) << point;
}

TEST_F(CrashTest, AtRandomMomentsTheRowsEqualThoseOfACleanRebuild) {
  std::mt19937_64 random(7);
  unsigned kills = 0;
  for (unsigned round = 0; round < rounds_wanted() / 2 && !HasFailure(); ++round) {
    const std::chrono::microseconds delay(random() % 1'500'000 + 1);
    SCOPED_TRACE("round " + std::to_string(round) + ", after " + std::to_string(delay.count()) +
                 " us");
    if (round % 5 == 0) fs::remove_all(data);
    kills += was_killed(play(1000 + round, "", delay)) ? 1 : 0;
    expect_whole();
  }
  std::printf("%u kills\n", kills);
  EXPECT_GT(kills, 0U);
}

}  // namespace
}  // namespace refold::projection
