#include <gmock/gmock.h>

#include "tests/projection/library_fixture.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

constexpr int upgrades = sanitized ? 50 : 500;
/// What grows while everything is new has grown by then.
constexpr int settled = upgrades / 10;
constexpr long grown_kib_max = 8 << 10;

std::size_t descriptors() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{}));
}
long anonymous_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8));
  }
  throw std::runtime_error("no RssAnon");
}

/// What happens while a plugin is upgraded: somebody writes, others ask.
struct SoakTest : LibraryTest {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> asked{0};
  std::vector<std::thread> threads;

  ~SoakTest() override { end_load(); }
  void end_load() {
    stop = true;
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  /// Creates, replaces and removes records, always the same few.
  void write() const {
    for (std::uint64_t number = 1; !stop; ++number) {
      const std::string rkey = std::to_string(number % 50);
      const std::string text = std::to_string(number);
      const std::string_view collection = number % 3 == 0 ? post : like;
      record({number % 7 == 0 ? remove("alice", rkey, number, collection)
                              : update("alice", rkey, number, text, collection)});
      std::this_thread::sleep_for(1ms);
    }
  }
  /// No question fails, and no answer goes back in time.
  void ask() {
    const OptionPairs alice{{"did", did_of("alice")}};
    for (std::uint64_t before = 0; !stop; ++asked) {
      const auto answer = at("living").query("changes", alice, within_time(), 0);
      ASSERT_TRUE(answer.has_value()) << answer.error().message;
      const std::uint64_t now = std::stoull(*answer);
      ASSERT_GE(now, before);
      before = now;
      const auto rows = at("living").rows("most", {}, within_time(), 0);
      ASSERT_TRUE(rows.has_value()) << rows.error().message;
    }
  }

  /// Other code, and its first events: the old code is gone from this process.
  void upgrade(int round) {
    const std::vector<std::string> before = mapped();
    const auto done = projections->upgrade(
        "living", library(round % 2 == 0 ? "living-again" : "living"), std::nullopt, false);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    // A question that was just answered may hold the old code for a moment.
    ASSERT_TRUE(comes_true([&] { return mapped().size() == 1; }, 5s))
        << ::testing::PrintToString(mapped());
    ASSERT_NE(mapped(), before);
    catch_up("living");
  }
};

TEST_F(SoakTest, FiveHundredUpgradesUnderLoadLoseNothingAndLeaveNothing) {
  good(try_load("living", "living"));
  threads.emplace_back([this] { write(); });
  for (int client = 0; client < 2; ++client) threads.emplace_back([this] { ask(); });
  std::size_t files = 0;
  long memory = 0;
  for (int round = 0; round < upgrades && !HasFailure(); ++round) {
    SCOPED_TRACE("upgrade " + std::to_string(round));
    if (round == settled) {
      files = descriptors();
      memory = anonymous_kib();
    }
    upgrade(round);
  }
  ASSERT_FALSE(HasFailure());
  EXPECT_TRUE(comes_true([&] { return descriptors() <= files; }, 5s)) << descriptors();
  const long grown_kib = anonymous_kib() - memory;
  EXPECT_TRUE(sanitized || grown_kib < grown_kib_max) << grown_kib << " KiB";
  end_load();
  EXPECT_GT(asked, static_cast<std::uint64_t>(upgrades));
  EXPECT_TRUE(projections->shelf().pinned().empty());
  EXPECT_EQ(status("living").record.current, 1U) << "it is one view from beginning to end";

  catch_up("living");
  EXPECT_TRUE(current("living").checkpoint.unverified);
  expect_as_rebuilt("living");
  const auto tables = current("living").stat.tables;
  EXPECT_GT(tables[0].rows, 0U);
  good(at("living").replay({}));
  ASSERT_TRUE(comes_true([&] { return status("living").record.current == 2; }));
  EXPECT_EQ(current("living").stat.tables, tables);
}

}  // namespace
}  // namespace refold::projection
