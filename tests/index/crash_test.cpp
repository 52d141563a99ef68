#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/index/fixture.h"

namespace refold::index {
namespace {

/// What a process does that dies at a named point on the way.
struct IndexCrash : ::testing::Test {
  TempFolder folder;
  std::filesystem::path data = folder / "data";

  static RecorderOptions options() {
    RecorderOptions made;
    made.index.flush_events = 15;
    made.index.slice_rows = 3;
    made.group_events_max = 25;
    return made;
  }

  static std::vector<TestDraft> drafts() {
    std::vector<TestDraft> made;
    for (int number = 0; number < 60; ++number) {
      const std::string rkey = std::to_string(number % 20);
      made.push_back(update("alice", rkey, static_cast<std::uint64_t>(number) + 1,
                            "secret " + std::to_string(number)));
      if (number % 7 == 0) made.back() = made.back().without_payload();
    }
    made.push_back(handle_is("alice", "alice.example", 1, 1));
    made.push_back(account_is("alice", "deleted", 2, 2));
    made.push_back(create("bob", "1", 1, "kept"));
    return made;
  }

  /// Runs the scenario below in a process that dies at the n-th pass of `point`. Returns whether it
  /// died there.
  [[nodiscard]] bool dies_at(const std::string& point) const {
    const pid_t child = fork();
    if (child == 0) {
      setenv("REFOLD_CRASH_AT", point.c_str(), 1);
      setenv("REFOLD_TEST_DATA_FOLDER", data.c_str(), 1);
      execl("/proc/self/exe", "index_test", "--gtest_also_run_disabled_tests",
            "--gtest_filter=IndexCrash.DISABLED_Scenario", "--gtest_brief=1", nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

  /// What a flush that was not finished has left is made whole by opening.
  void expect_an_index_like_one_built_anew() const {
    const auto log = log::WitnessLog::open_reader(data).value();
    const auto verdict = verify_index(*log, options().index);
    EXPECT_TRUE(verdict.has_value()) << verdict.error().message;
  }

  /// After a crash anywhere: open, replay what was not acknowledged, and all is as if nothing had
  /// happened.
  void expect_recovery() const {
    auto recorder = Recorder::open(data, options()).value();
    ASSERT_TRUE(recorder->record(batch_of(drafts())).has_value());
    ASSERT_EQ(recorder->record(batch_of(drafts())).value().known, drafts().size());
    for (int number = 0; number < 20; ++number) {
      EXPECT_EQ(recorder->head(did_of("alice"), post, std::to_string(number)).value()->kind,
                log::Kind::remove);
    }
    EXPECT_EQ(recorder->repo(did_of("alice")).value()->status, "deleted");
    ASSERT_TRUE(recorder->redact({did_of("alice"), {}, {}}).has_value());
    recorder.reset();
    EXPECT_FALSE(any_file_contains(data, "secret"));
    const auto log = log::WitnessLog::open_reader(data).value();
    EXPECT_EQ(log->stat().value().redaction_epoch, 1U);
    const auto verdict = verify_index(*log, options().index);
    EXPECT_TRUE(verdict.has_value()) << verdict.error().message;
    const auto checked = log->verify();
    EXPECT_TRUE(checked.has_value()) << checked.error().message;
    EXPECT_FALSE(std::filesystem::exists(data / "index" / "index.mdb.new"));
  }
};

/// Not a test: what the child process does.
TEST_F(IndexCrash, DISABLED_Scenario) {
  const char* const place = std::getenv("REFOLD_TEST_DATA_FOLDER");
  if (place == nullptr) return;
  auto recorder = Recorder::open(place, options()).value();
  (void)recorder->record(batch_of(drafts()));
  (void)recorder->reindex();
  (void)recorder->redact({did_of("alice"), {}, {}});
}

TEST_F(IndexCrash, AtAnyPointIsRecoveredFrom) {
  for (const std::string point :
       {"append.before_commit:2", "append.committed:2", "append.committed:4",
        "append.committed:5",     "index.flush_begin",  "index.slice",
        "index.slice:2",          "index.flushed",      "index.flush_begin:2",
        "index.slice:12",         "index.slice:16",     "index.slice:20",
        "index.slice:24",         "index.flushed:2",    "reindex.begin",
        "reindex.slice",          "reindex.swap",       "redact.pending",
        "redact.tombstoned",      "redact.recorded",    "redact.tail",
        "redact.compacted",       "redact.flagged"}) {
    SCOPED_TRACE(point);
    std::filesystem::remove_all(data);
    EXPECT_TRUE(dies_at(point));
    if (point.starts_with("index.")) expect_an_index_like_one_built_anew();
    expect_recovery();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace refold::index
