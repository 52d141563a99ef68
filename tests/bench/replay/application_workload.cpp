#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "tests/bench/log/refold_store.h"
#include "tests/bench/replay/engine.h"
#include "tests/bench/replay/workloads.h"

namespace refold::bench {
namespace {

using projection::Supervisor;

constexpr std::chrono::microseconds look_again{100};
constexpr int rollbacks = 10;
constexpr std::chrono::milliseconds between_rollbacks{20};
/// A thousand events a second, as the network has them.
constexpr std::uint64_t later_at_once = 2;
constexpr std::chrono::milliseconds between_later{2};

template <class Condition>
Result<void> wait_for(const std::string& what, const Condition& condition) {
  const auto end = deadline();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return Error{Errc::timeout, what};
    std::this_thread::sleep_for(look_again);
  }
  return ok();
}

template <class Command>
Result<double> timed(const Command& command) {
  Stopwatch watch;
  watch.start();
  REFOLD_CHECK(command());
  watch.stop();
  return watch.seconds();
}

/// All generations have the rows of the current one.
Result<void> expect_equal_generations(Supervisor& supervisor, log::Seq last) {
  REFOLD_TRY(const auto status, supervisor.status());
  for (const auto& generation : status.generations) {
    const bool folds = generation.record.number == status.record.current ||
                       generation.record.state == projection::State::retired;
    if (!folds || !generation.open || generation.progress.seq != last) continue;
    if (generation.stat.tables == status.current()->stat.tables) continue;
    return Error{Errc::corrupt, "two generations of '" + status.record.name +
                                    "' have other rows at seq " + std::to_string(last)};
  }
  return ok();
}

/// Seconds from the command to build a projection anew until what was built is the current one.
Result<double> rebuilt(Supervisor& supervisor, log::Seq last) {
  const std::uint64_t before = supervisor.record().current;
  REFOLD_TRY(const double seconds, timed([&]() -> Result<void> {
               REFOLD_CHECK(supervisor.replay({}));
               return wait_for("the rebuild of '" + supervisor.record().name + "'",
                               [&] { return supervisor.record().current != before; });
             }));
  REFOLD_CHECK(expect_equal_generations(supervisor, last));
  return seconds;
}

/// Appends events until it goes.
class LaterEvents {
 public:
  LaterEvents(PreparedEvents& events, index::Recorder& recorder)
      : thread_([this, &events, &recorder] {
          while (!stop_ && failed_.has_value()) {
            failed_ = record_next(events, recorder, later_at_once);
            std::this_thread::sleep_for(between_later);
          }
        }) {}
  ~LaterEvents() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  LaterEvents(const LaterEvents&) = delete;
  LaterEvents& operator=(const LaterEvents&) = delete;

  [[nodiscard]] Result<void> end() {
    stop_ = true;
    thread_.join();
    return failed_;
  }

 private:
  std::atomic<bool> stop_{false};
  Result<void> failed_ = ok();
  std::thread thread_;
};

Result<double> rolled_back(Supervisor& supervisor) {
  const std::uint64_t before = supervisor.record().current;
  REFOLD_TRY(const double seconds, timed([&]() -> Result<void> {
               REFOLD_CHECK(supervisor.rollback());
               return ok();
             }));
  if (supervisor.record().current != before) return seconds;
  return Error{Errc::invalid, "a generation was not as warm as it should be"};
}

Result<double> promoted(Supervisor& supervisor) {
  REFOLD_CHECK(supervisor.replay({.hold = true, .slice = {}}));
  REFOLD_CHECK(wait_for("a generation to be promoted", [&] {
    const auto status = supervisor.status();
    return status.has_value() &&
           status->record.generations.back().state == projection::State::ready;
  }));
  return timed([&]() -> Result<void> {
    REFOLD_CHECK(supervisor.promote());
    return ok();
  });
}

Result<void> run_switches(ReplayBench& bench, Supervisor& supervisor, PreparedEvents& events,
                          index::Recorder& recorder) {
  LaterEvents later(events, recorder);
  double slowest = 0;
  for (int number = 0; number < rollbacks; ++number) {
    std::this_thread::sleep_for(between_rollbacks);
    REFOLD_TRY(const double seconds, rolled_back(supervisor));
    slowest = std::max(slowest, seconds);
  }
  bench.measured("rollback_warm", ours, slowest * 1e3);
  REFOLD_TRY(const double seconds, promoted(supervisor));
  bench.measured("promote", ours, seconds * 1e3);
  REFOLD_CHECK(later.end());
  REFOLD_TRY(const log::Seq last, recorder.log().last());
  REFOLD_CHECK(wait_for("the current generation and a warm one", [&] {
    const auto status = supervisor.status();
    std::size_t there = 0;
    for (const auto& one : status->generations) there += one.progress.seq == last ? 1 : 0;
    return there >= 2 && status->current()->progress.seq == last;
  }));
  return expect_equal_generations(supervisor, last);
}

}  // namespace

Result<void> run_application(ReplayBench& bench) {
  if (!bench.wants({"rebuild_100k", "promote", "rollback_warm"})) return ok();
  const auto data = bench.fresh_folder("application");
  {
    REFOLD_TRY(PreparedEvents events, PreparedEvents::open(bench.application_file()));
    REFOLD_TRY(const auto recorder, index::Recorder::open(data));
    REFOLD_CHECK(record_next(events, *recorder, bench.application_events()));
    REFOLD_TRY(const log::Seq last, recorder->log().last());
    REFOLD_TRY(const auto engine, Engine::open(recorder->log(), bench.library()));
    double slowest = 0;
    std::shared_ptr<Supervisor> switched;
    for (const char* const name : {"counts", "newest", "most-liked"}) {
      REFOLD_TRY(switched, engine->load(name, true));
      REFOLD_CHECK(switched->wait(last, deadline()));
      REFOLD_CHECK(wait_for("the first build", [&] {
        const auto record = switched->record();
        return record.find(record.current)->state == projection::State::live;
      }));
      REFOLD_TRY(const double seconds, rebuilt(*switched, last));
      slowest = std::max(slowest, seconds);
    }
    bench.measured("rebuild_100k", ours, slowest);
    REFOLD_CHECK(run_switches(bench, *switched, events, *recorder));
  }
  std::filesystem::remove_all(data);
  return ok();
}

}  // namespace refold::bench
