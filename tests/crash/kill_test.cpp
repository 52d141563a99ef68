#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/crash/acks.h"
#include "tests/crash/checker.h"
#include "tests/crash/process.h"

namespace refold::crash {
namespace {

namespace fs = std::filesystem;
using testing::TempFolder;

constexpr std::uint64_t batches_of_a_round = 70;
constexpr unsigned rounds_of_a_log = 6;
/// Of both tests together; REFOLD_CRASH_ROUNDS asks for another number.
constexpr unsigned kills_usual = 330;

/// Every crash_point("...") on the way into the log; those of projections have tests of their own.
std::vector<std::string> named_points() {
  std::set<std::string> names;
  const std::string call = "crash_point(\"";
  for (const char* const part : {"/core/log", "/core/index"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(std::string(REFOLD_SOURCE_DIR) + part)) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = testing::content_of(entry.path());
      for (std::size_t at = 0; (at = text.find(call, at)) != std::string::npos;) {
        at += call.size();
        names.insert(text.substr(at, text.find('"', at) - at));
      }
    }
  }
  return {names.begin(), names.end()};
}

/// A process that reads all the while.
class Watcher {
 public:
  explicit Watcher(const fs::path& data)
      : process_({worker, "read", data.native(), std::to_string(control_.out.get())}, {},
                 control_.out.get()) {}

  /// Lets it read up to the end of the log, and tells how that went.
  Ended read_up_to(log::Seq last) {
    if (::write(control_.in.get(), &last, sizeof last) != sizeof last) return {};
    return process_.end();
  }

 private:
  Pipe control_;
  Process process_;
};

/// One log that is written, killed and reopened again and again, with two readers beside it.
class Victim {
 public:
  explicit Victim(std::uint64_t seed)
      : seed_(seed), checker_(Traffic(seed)), first_(folder_ / "data"), second_(folder_ / "data") {}

  /// Kills the worker when it comes to `point` ("seal.renamed:2"). Returns false if it never does.
  bool kill_at(const std::string& point) {
    const Ended ended = work(point, [](int) {});
    EXPECT_TRUE(ended.killed() || ended.well()) << point << ": " << ended.text();
    check("after being killed at " + point);
    return ended.killed();
  }

  /// Kills the worker some time after so many acknowledgements. Returns false if it was done
  /// before.
  bool kill_after(std::size_t acks, std::chrono::microseconds delay) {
    const Ended ended = work("", [&](int fd) {
      for (std::size_t seen = 0; seen < acks && read_some(fd); ++seen) continue;
      std::this_thread::sleep_for(delay);
    });
    EXPECT_TRUE(ended.killed() || ended.well()) << ended.text();
    check("after " + std::to_string(acks) + " acks and " + std::to_string(delay.count()) + " us");
    return ended.killed();
  }

  /// The readers have seen everything, and nothing else.
  void finish() {
    for (Watcher* const reader : {&first_, &second_}) {
      const Ended ended = reader->read_up_to(last_);
      EXPECT_TRUE(ended.well()) << "a reader: " << ended.text();
    }
  }

 private:
  /// Runs the worker, lets `moment` wait for the time to kill it, and collects what it was
  /// promised.
  Ended work(const std::string& point, const std::function<void(int fd)>& moment) {
    bytes_.clear();
    Pipe pipe;
    std::uint64_t next = 1;
    for (const Ack& ack : acks_) {
      if (ack.kind == Ack::recorded) next = std::max<std::uint64_t>(next, ack.number + 1);
    }
    std::vector<std::pair<std::string, std::string>> environment;
    if (!point.empty()) environment.emplace_back("REFOLD_CRASH_AT", point);
    Process process(
        {worker, "write", (folder_ / "data").native(), std::to_string(seed_), std::to_string(next),
         std::to_string(batches_of_a_round), std::to_string(pipe.in.get())},
        environment, pipe.in.get());
    pipe.in.close();
    moment(pipe.out.get());
    if (point.empty()) process.kill();
    while (read_some(pipe.out.get())) continue;
    Ended ended = process.end();
    const auto given = acks_in(bytes_);
    acks_.insert(acks_.end(), given.begin(), given.end());
    return ended;
  }

  bool read_some(int fd) {
    std::uint8_t buffer[sizeof(Ack)];
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count > 0) bytes_.insert(bytes_.end(), buffer, buffer + count);
    return count > 0;
  }

  void check(const std::string& when) {
    checker_.expect(acks_);
    checker_.next_probe();
    Pipe pipe;
    Process process([&]() -> std::string {
      const auto found = checker_.check(folder_ / "data", acks_, folder_ / "memory");
      if (found.has_error()) return found.error().message;
      const log::Seq last = found->last;
      return ::write(pipe.in.get(), &last, sizeof last) == sizeof last ? "" : "no pipe";
    });
    const Ended ended = process.end();
    ASSERT_TRUE(ended.well()) << when << " (seed " << seed_ << "): " << ended.text();
    ASSERT_EQ(::read(pipe.out.get(), &last_, sizeof last_), static_cast<ssize_t>(sizeof last_));
  }

  TempFolder folder_;
  std::uint64_t seed_;
  Checker checker_;
  std::vector<Ack> acks_;
  Bytes bytes_;
  log::Seq last_ = 0;
  Watcher first_;
  Watcher second_;
};

TEST(Kill, AtEveryNamedPointLosesNothing) {
  const std::vector<std::string> points = named_points();
  ASSERT_GE(points.size(), 20U);
  const auto per_point = static_cast<unsigned>(
      std::max<std::size_t>(1, rounds_wanted(kills_usual) * 3 / 8 / points.size()));
  std::vector<std::string> plan;
  for (unsigned round = 0; round < per_point; ++round) {
    for (const std::string& point : points)
      plan.push_back(point + ":" + std::to_string(1 + round % 2));
  }
  std::mt19937_64 random(1);
  std::shuffle(plan.begin(), plan.end(), random);
  std::map<std::string, unsigned> hits;
  std::unique_ptr<Victim> victim;
  unsigned kills = 0;
  for (std::size_t round = 0; round < plan.size() && !HasFailure(); ++round) {
    if (round % rounds_of_a_log == 0) {
      if (victim) victim->finish();
      victim = std::make_unique<Victim>(1000 + round);
      // So that there is something to prune and to redact.
      kills += victim->kill_after(batches_of_a_round - 1, {}) ? 1 : 0;
    }
    const bool hit = victim->kill_at(plan[round]);
    hits[plan[round].substr(0, plan[round].find(':'))] += hit ? 1 : 0;
    kills += hit ? 1 : 0;
  }
  if (!HasFailure()) victim->finish();
  for (const std::string& point : points) EXPECT_GT(hits[point], 0U) << point << " was never hit";
  std::printf("%u kills, at %zu points\n", kills, points.size());
}

TEST(Kill, AtRandomMomentsLosesNothing) {
  const unsigned rounds = rounds_wanted(kills_usual) * 5 / 8;
  unsigned kills = 0;
  std::mt19937_64 random(2);
  std::unique_ptr<Victim> victim;
  for (unsigned round = 0; round < rounds && !HasFailure(); ++round) {
    if (round % rounds_of_a_log == 0) {
      if (victim) victim->finish();
      victim = std::make_unique<Victim>(2000 + round);
    }
    const bool early = random() % 4 == 0;  // while it opens
    const std::size_t acks = early ? 0 : random() % batches_of_a_round;
    const std::chrono::microseconds delay(random() % (early ? 20'000 : 4'000));
    kills += victim->kill_after(acks, delay) ? 1 : 0;
  }
  if (!HasFailure()) victim->finish();
  std::printf("%u kills in %u rounds\n", kills, rounds);
  EXPECT_GE(kills, rounds * (sanitized ? 7 : 9) / 10) << "the worker is done before it is killed";
}

}  // namespace
}  // namespace refold::crash
