#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/index/recorder.h"
#include "core/projection/projections.h"
#include "tests/projection/test_plugin.h"
#include "tests/support/child.h"
#include "tests/support/drafts.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace refold::projection {

using namespace refold::testing;
using namespace std::chrono_literals;

/// For what comes true. (A disk that others use may stand still for twenty seconds.)
inline constexpr std::chrono::milliseconds long_enough = 60s;

inline Supervisor::Deadline within_time(std::chrono::milliseconds time = long_enough) {
  return std::chrono::steady_clock::now() + time;
}

/// Small address spaces, so that many tests run at once, and short pauses.
inline ProjectionsOptions quick_options() {
  ProjectionsOptions options;
  options.built_in = {&test_plugin()};
  options.view.map_bytes = std::size_t{256} << 20;
  options.loop.retry_pause = 1ms;
  options.loop.retry_pause_max = 5ms;
  options.loop.stall_pause = 5ms;
  options.loop.stall_pause_max = 20ms;
  options.patience = long_enough;
  options.probe.time_limit = 60s;
  return options;
}

template <class Condition>
bool comes_true(const Condition& condition, std::chrono::milliseconds time = long_enough) {
  const auto deadline = within_time(time);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

template <class T>
T good(Result<T> result) {
  if (result.has_error()) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A recorder over a fresh log, and the projections over that.
struct ProjectionTest : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";
  ProjectionsOptions options = quick_options();
  std::unique_ptr<index::Recorder> recorder;
  std::unique_ptr<Projections> projections;

  ProjectionTest() {
    reset_test_plugin();
    recorder = index::Recorder::open(data, recorder_options()).value();
  }
  ~ProjectionTest() override {
    mood().released = true;
    projections.reset();
  }

  static index::RecorderOptions recorder_options() {
    index::RecorderOptions made;
    made.log.map_bytes = made.index.map_bytes = std::size_t{1} << 30;
    made.seal_above_events = 0;
    return made;
  }

  void open() { projections = good(Projections::open(recorder->log(), options)); }
  void close() { projections.reset(); }
  void reopen() {
    close();
    open();
  }

  Supervisor& load(const std::string& projection, OptionPairs pairs = {}, std::string name = {}) {
    if (!projections) open();
    LoadRequest request;
    request.name = name.empty() ? projection : name;
    request.plugin = "tests";
    request.projection = projection;
    request.options = std::move(pairs);
    good(projections->load(request));
    return *good(projections->find(request.name));
  }
  [[nodiscard]] Supervisor& at(const std::string& name) const {
    return *good(projections->find(name));
  }

  /// Returns the last seq.
  log::Seq record(const std::vector<TestDraft>& drafts) const {
    return good(recorder->record(batch_of(drafts))).last;
  }
  /// Posts of one author, numbered from `first` on.
  log::Seq post_some(std::string_view who, int count, int first = 1,
                     const std::string& text = "hello") const {
    std::vector<TestDraft> drafts;
    for (int number = first; number < first + count; ++number) {
      drafts.push_back(create(who, std::to_string(number), static_cast<std::uint64_t>(number),
                              text + " " + std::to_string(number)));
    }
    return record(drafts);
  }
  [[nodiscard]] log::Seq last() const { return good(recorder->log().last()); }

  /// Waits for all that is in the log.
  static void catch_up(const Supervisor& projection, log::Seq seq) {
    const auto waited = projection.wait(seq, within_time());
    ASSERT_TRUE(waited.has_value()) << waited.error().message;
  }
  void catch_up(const std::string& name) const { catch_up(at(name), last()); }

  /// Soon after it has caught up.
  void become_live(const std::string& name) const {
    ASSERT_TRUE(comes_true([&] { return status(name).state() == "live"; })) << status(name).state();
  }

  [[nodiscard]] std::string all(const std::string& name, std::uint64_t generation = 0) const {
    return good(at(name).query("all", {}, within_time(), generation));
  }
  [[nodiscard]] std::uint64_t count(const std::string& name, std::string_view key) const {
    return std::stoull(
        good(at(name).query("count", {{"key", std::string(key)}}, within_time(), 0)));
  }
  [[nodiscard]] ProjectionStatus status(const std::string& name) const {
    return good(at(name).status());
  }
  [[nodiscard]] GenerationStatus current(const std::string& name) const {
    return *status(name).current();
  }

  /// The view equals one that is built anew.
  void expect_as_rebuilt(const std::string& name) const {
    const auto report = at(name).verify(nullptr);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_TRUE(report->equal) << report->said;
  }
};

}  // namespace refold::projection
