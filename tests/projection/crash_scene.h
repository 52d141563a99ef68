#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "tests/projection/fixture.h"
#include "tests/projection/traffic.h"

namespace refold::projection {

inline constexpr std::uint64_t crash_batches = 40;
inline constexpr std::size_t crash_batch_drafts = 30;

/// How many kills there are of a kind: `usual`, a quarter of that below a sanitizer, or what is
/// asked for.
inline unsigned crash_rounds(unsigned usual) {
  if (sanitized) usual = (usual + 3) / 4;
  const char* const setting = std::getenv("REFOLD_CRASH_ROUNDS");
  return setting == nullptr ? usual : static_cast<unsigned>(std::strtoul(setting, nullptr, 10));
}

/// Who plays in a scene: projections, one of them kept warm, and where they run.
struct Cast {
  std::vector<std::string> names;
  std::function<LoadRequest(const std::string& name)> request;
  Isolation* isolation = nullptr;
  std::filesystem::path runner{};
};

/// Every crash_point("...") of projections and views, and those that are passed by name.
inline std::vector<std::string> named_points() {
  std::set<std::string> found;
  for (const char* const part : {"/core/projection", "/core/view"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(REFOLD_SOURCE_DIR) + part)) {
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
  const Cast& cast;
  ProjectionsOptions options = quick_options();
  std::unique_ptr<index::Recorder> recorder;
  std::unique_ptr<Projections> projections;

  Scene(const std::filesystem::path& data, const Cast& who) : cast(who) {
    // Small batches, so that a kill finds many of them.
    options.loop.batch.bytes = options.loop.first_batch.bytes = 4096;
    options.isolation = cast.isolation;
    options.probe.runner = cast.runner;
    recorder = good(index::Recorder::open(data, ProjectionTest::recorder_options()));
    projections = good(Projections::open(recorder->log(), options));
    for (const std::string& name : cast.names) {
      if (projections->find(name).has_error()) good(projections->load(cast.request(name)));
    }
  }
  ~Scene() { projections.reset(); }

  [[nodiscard]] Supervisor& at(const std::string& name) const {
    return *good(projections->find(name));
  }
  void record(std::uint64_t number) const {
    good(recorder->record(batch_of(traffic(crash_batch_drafts, number))));
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
    const std::string& name = cast.names[random() % cast.names.size()];
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
  /// What the process does that is killed.
  void play(std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    const std::uint64_t from = random() % crash_batches;
    for (std::uint64_t number = 0; number < crash_batches; ++number) {
      record((from + number) % crash_batches);
      command(random);
    }
    for (const std::string& name : cast.names) {
      // What every run does, so that each point is passed.
      (void)at(name).resume();
      (void)at(name).cancel();
      (void)at(name).reset();
      (void)comes_true([&] { return is_live(name); });
      upgrade(name);
      (void)at(name).replay({});
      (void)comes_true([&] { return is_live(name); });
      (void)at(name).rollback();
    }
  }
};

/// A process that plays a scene is killed; the next one finds everything, and goes on.
struct CrashScenes : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  unsigned kills = 0;

  /// `played`: the name of the test in this program that plays, and is none. True if it was killed.
  [[nodiscard]] bool play(const char* played, std::uint64_t seed, const std::string& point,
                          std::chrono::microseconds kill_after = {}) {
    const pid_t pid = fork();
    if (pid == 0) {
      setenv("REFOLD_TEST_DATA_FOLDER", data.c_str(), 1);
      setenv("REFOLD_TEST_SEED", std::to_string(seed).c_str(), 1);
      if (!point.empty()) setenv("REFOLD_CRASH_AT", point.c_str(), 1);
      const std::string filter = "--gtest_filter=" + std::string(played);
      execl("/proc/self/exe", "child", filter.c_str(), "--gtest_also_run_disabled_tests",
            "--gtest_brief=1", nullptr);
      _exit(127);
    }
    if (kill_after.count() > 0) {
      std::this_thread::sleep_for(kill_after);
      ::kill(pid, SIGKILL);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    if (!was_killed(status)) return false;
    ++kills;
    return true;
  }

  /// Whatever was done and left undone: everything is there, goes on, and is as if built anew.
  void expect_whole(const Cast& cast) const {
    reset_test_plugin();
    const Scene scene(data, cast);
    for (std::uint64_t number = 0; number < crash_batches; ++number) scene.record(number);
    const log::Seq last = good(scene.recorder->log().last());
    for (const std::string& name : cast.names) {
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
      for (const auto& entry : std::filesystem::directory_iterator(data / "projections" / name)) {
        const std::uint64_t number = std::stoull(entry.path().filename().native());
        EXPECT_NE(record.find(number), nullptr) << entry.path();
      }
    }
  }
};

}  // namespace refold::projection
