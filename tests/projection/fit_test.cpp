#include "core/projection/fit.h"

#include "tests/projection/fixture.h"

namespace refold::projection {
namespace {

namespace fs = std::filesystem;

struct FitTest : ProjectionTest {
  /// What a restore of the log from an older copy does: the projections stay as they are.
  void save_log() {
    close_log();
    fs::create_directories(folder / "saved");
    fs::copy(data / "log", folder / "saved" / "log", fs::copy_options::recursive);
    open_log();
  }
  void restore_log() {
    close_log();
    for (const char* const part : {"log", "index"}) fs::remove_all(data / part);
    fs::copy(folder / "saved" / "log", data / "log", fs::copy_options::recursive);
    open_log();
  }
  void close_log() {
    projections.reset();
    recorder.reset();
  }
  void open_log() { recorder = index::Recorder::open(data, recorder_options()).value(); }
  void expect_refused(const std::string& why) {
    const GenerationStatus now = current("tally");
    ASSERT_TRUE(now.refused.has_value());
    EXPECT_NE(now.refused->message.find(why), std::string::npos) << now.refused->message;
    EXPECT_NE(now.refused->message.find("refold projection replay tally"), std::string::npos);
    EXPECT_EQ(status("tally").state(), "refused");
    EXPECT_TRUE(failed(at("tally").query("all", {}, within_time(), 0), Errc::invalid, why));
    EXPECT_TRUE(failed(at("tally").wait(1, within_time()), Errc::invalid, why));
  }
  void expect_replay_mends_it() {
    good(at("tally").replay({}));
    EXPECT_TRUE(comes_true([&] { return status("tally").state() == "live"; }));
    catch_up("tally");
    EXPECT_EQ(count("tally", post), last());
    expect_as_rebuilt("tally");
  }
};

TEST_F(FitTest, AViewAheadOfItsLogIsRefused) {
  post_some("alice", 5);
  save_log();
  open();
  load("tally");
  post_some("alice", 5, 6);
  catch_up("tally");
  restore_log();
  open();
  expect_refused("is at seq 10, but the log ends at 5");
  expect_replay_mends_it();
}

TEST_F(FitTest, AViewOfARestoredLogThatUsedItsSeqsAgainIsRefused) {
  post_some("alice", 5);
  save_log();
  open();
  load("tally");
  post_some("alice", 5, 6);
  catch_up("tally");
  restore_log();
  post_some("bob", 7, 20);
  open();
  expect_refused("has seen another event 10 than the log has now");
  expect_replay_mends_it();
}

TEST_F(FitTest, AViewOfAnotherLogIsRefused) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  close_log();
  for (const char* const part : {"log", "index"}) fs::remove_all(data / part);
  // A log is not made where other things are.
  fs::create_directories(folder / "kept");
  for (const char* const part : {"catalog", "projections"}) {
    fs::rename(data / part, folder / "kept" / part);
  }
  open_log();
  for (const char* const part : {"catalog", "projections"}) {
    fs::rename(folder / "kept" / part, data / part);
  }
  post_some("alice", 5);
  open();
  expect_refused("was built from another log");
  expect_replay_mends_it();
}

TEST_F(FitTest, ASealedEventIsKnownAgain) {
  for (int round = 0; round < 5; ++round) post_some("alice", 1000, 1 + round * 1000);
  load("tally");
  catch_up("tally");
  good(recorder->seal());
  reopen();
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 5000U);
  EXPECT_EQ(current("tally").checkpoint.event_checksum,
            good(event_checksum(recorder->log(), 5000)));
}

TEST_F(FitTest, AViewThatIsGoneIsRefusedAndReplayed) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  close();
  fs::remove_all(data / "projections" / "tally" / "1");
  open();
  ASSERT_TRUE(current("tally").refused.has_value());
  EXPECT_NE(current("tally").refused->message.find("refold projection replay tally"),
            std::string::npos);
  expect_replay_mends_it();
}

TEST_F(FitTest, CodeInTheProgramWithAnotherFoldBuildsANewGenerationByItself) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  close();
  test_projection("tally").fold = 2;
  open();
  EXPECT_TRUE(comes_true([&] { return status("tally").record.current == 2; }));
  catch_up("tally");
  EXPECT_EQ(count("tally", post), 5U);
  EXPECT_EQ(current("tally").checkpoint.fold, 2U);
}

TEST_F(FitTest, TheSameFoldWithAnotherLayoutIsRefused) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  close();
  set_test_layout("something else");
  open();
  ASSERT_TRUE(current("tally").refused.has_value());
  EXPECT_NE(current("tally").refused->message.find("lays out the table 'rows' in another way"),
            std::string::npos);
}

TEST_F(FitTest, TheSameFoldWithOtherTablesIsRefused) {
  load("tally");
  post_some("alice", 5);
  catch_up("tally");
  const char* const two[] = {"rows", "more"};
  const char* const renamed[] = {"counts"};
  close();
  const auto expect_other = [&](const std::string& tables) {
    open();
    ASSERT_TRUE(current("tally").refused.has_value());
    const std::string why = current("tally").refused->message;
    EXPECT_NE(why.find("has other tables (" + tables + ", not rows)"), std::string::npos) << why;
    EXPECT_NE(why.find("another fold number"), std::string::npos) << why;
    close();
    reset_test_plugin();
  };
  // What the host keeps of accounts is a table too.
  test_projection("tally").wants |= REFOLD_ACCOUNT_STATUS;
  expect_other("rows, $accounts");
  test_projection("tally").tables = two;
  test_projection("tally").table_count = 2;
  expect_other("rows, more");
  test_projection("tally").tables = renamed;
  expect_other("counts");
  open();
  catch_up("tally");
  become_live("tally");
}

}  // namespace
}  // namespace refold::projection
