#include "core/log/redaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/log/change.h"
#include "core/log/limits.h"
#include "core/log/witness_log_impl.h"
#include "tests/support/child.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace refold::log {
namespace {

using namespace refold::testing;
namespace fs = std::filesystem;

constexpr const char* secret = "the words that must not be found";
constexpr const char* late_secret = "the words of the edit, which must go too";

/// A record with a secret is created at `created_at`, edited at `edited_at` and deleted at
/// `deleted_at`, among others. The first two chunks are sealed, the rest is in the tail.
struct RedactionTest : ::testing::Test {
  static constexpr Seq created_at = 100;
  static constexpr Seq edited_at = 5'000;
  static constexpr Seq deleted_at = 9'000;
  static constexpr Seq count = 10'000;
  const std::vector<Seq> versions = {created_at, edited_at, deleted_at};

  TempFolder folder;
  fs::path data = folder / "data";
  std::unique_ptr<WitnessLog> log;
  std::vector<TestEvent> all;

  void SetUp() override {
    open();
    const TestEvent first = created("mallory", "1", secret);
    const TestEvent edit = updated("mallory", "1", late_secret).over(created_at, first);
    std::vector<TestEvent> events = random_events(count, 1);
    // No other record's event names one of these versions as its previous one.
    for (TestEvent& event : events) {
      if (std::find(versions.begin(), versions.end(), event.event.previous_seq) != versions.end()) {
        event.event.previous_state = PreviousState::unknown;
        event.event.previous_seq = 0;
        event.previous_record.clear();
      }
    }
    events[created_at - 1] = first;
    events[edited_at - 1] = edit;
    events[deleted_at - 1] = deleted("mallory", "1").over(edited_at, edit);
    all = append(*log, events);
  }
  void open() {
    log.reset();
    log = WitnessLog::open_writer(data).value();
  }
  void seal() {
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
    EXPECT_EQ(log->seal(chunk_events).value(), chunk_events);
  }
  bool secret_is_anywhere() const {
    return any_file_contains(data, secret) || any_file_contains(data, late_secret);
  }
  /// `all` as it is to be after the redaction of `versions`.
  std::vector<TestEvent> redacted() const {
    std::vector<TestEvent> left = all;
    for (const Seq seq : versions) {
      TestEvent& event = left[seq - 1];
      if (!event.record.empty()) event.stored_cid = atproto::cid_of(event.record);
      event.record.clear();
      if (!event.previous_record.empty()) event.event.previous_state = PreviousState::unknown;
      event.previous_record.clear();
      event.event.flags |= flag::redacted;
    }
    return left;
  }
  void expect_redacted() {
    EXPECT_TRUE(holds(read_all(*log), redacted()));
    log.reset();
    EXPECT_FALSE(secret_is_anywhere());
    open();
    EXPECT_TRUE(holds(read_all(*log), redacted()));
    const auto verified = log->verify();
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(log->stat().value().redaction_epoch, 1U);
  }
};

TEST_F(RedactionTest, ErasesThePayloadFromRowsAndFreePagesAndLeavesAllElseAsItWas) {
  EXPECT_TRUE(secret_is_anywhere());
  const Sha256Digest root = log->root().value();
  ASSERT_TRUE(log->redact(versions).has_value());
  EXPECT_EQ(log->root().value(), root);
  expect_redacted();
  EXPECT_EQ(log->root().value(), root);
}

TEST_F(RedactionTest, ErasesThePayloadFromSegmentsAndFromTheRowsThatWerePruned) {
  const Sha256Digest root = log->root().value();
  seal();
  const auto redacted = log->redact(versions);
  ASSERT_TRUE(redacted.has_value()) << redacted.error().message;
  EXPECT_EQ(log->root().value(), root);
  expect_redacted();
  EXPECT_EQ(log->root().value(), root);
  const LogStat stat = log->stat().value();
  ASSERT_EQ(stat.segments.size(), 2U);
  EXPECT_EQ(stat.segments[0].rewrite, 1U);
  EXPECT_EQ(stat.segments[1].rewrite, 1U);
  std::uint64_t bytes = 0;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(data / "log" / "segments")) {
    bytes += entry.file_size();
    ++files;
  }
  EXPECT_EQ(files, 2U);
  EXPECT_EQ(stat.segment_bytes, bytes);
}

TEST_F(RedactionTest, SegmentsWithoutTheRecordAreNotWrittenAnew) {
  seal();
  ASSERT_TRUE(log->redact(std::vector<Seq>{deleted_at}).has_value());
  for (const SegmentInfo& info : log->stat().value().segments) EXPECT_EQ(info.rewrite, 0U);
}

TEST_F(RedactionTest, TheRedactedVersionsAreDeliveredToTheHistoryOnly) {
  seal();
  ASSERT_TRUE(log->redact(versions).has_value());
  EXPECT_TRUE(read_all(*log, {.dids = {did_of("mallory")}}).events.empty());
  const Page history = read_all(*log, {.dids = {did_of("mallory")}, .history = true});
  EXPECT_EQ(seqs(history), versions);
  for (const Event& event : history.events) EXPECT_FALSE(counts(event));
  EXPECT_EQ(cid_of(history.events[0]), atproto::cid_of(all[created_at - 1].record));
}

TEST_F(RedactionTest, ACopyThatALaterEventCarriesIsErasedToo) {
  seal();
  ASSERT_TRUE(log->redact(std::vector<Seq>{created_at}).has_value());
  log.reset();
  EXPECT_FALSE(any_file_contains(data, secret));
  open();
  Page page;
  ASSERT_TRUE(log->get(edited_at, page).has_value());
  EXPECT_TRUE(page.events[0].previous_record.empty());
  EXPECT_EQ(page.events[0].previous_state, PreviousState::unknown);
  EXPECT_TRUE(equal(page.events[0].record, all[edited_at - 1].record));
}

TEST_F(RedactionTest, AnEventThatOnlyCarriedACopyIsStillDelivered) {
  const auto expect_delivered = [&] {
    const Page page = read_all(*log, {.dids = {did_of("mallory")}});
    EXPECT_EQ(seqs(page), (std::vector<Seq>{edited_at, deleted_at}));
    EXPECT_FALSE(page.events[0].has(flag::redacted));
    EXPECT_TRUE(page.events[0].previous_record.empty());
    EXPECT_EQ(change_of(page.events[0]), Change::added) << "the version before counts no more";
    EXPECT_EQ(change_of(page.events[1]), Change::removed);
  };
  ASSERT_TRUE(log->redact(std::vector<Seq>{created_at}).has_value());
  expect_delivered();
  seal();
  expect_delivered();
}

TEST_F(RedactionTest, TheSameInASegmentThatIsWrittenAnew) {
  seal();
  ASSERT_TRUE(log->redact(std::vector<Seq>{created_at, deleted_at}).has_value());
  const Page page = read_all(*log, {.dids = {did_of("mallory")}});
  EXPECT_EQ(seqs(page), std::vector<Seq>{edited_at});
  EXPECT_TRUE(log->verify().has_value());
}

TEST_F(RedactionTest, AFileThatAFailedSealHasLeftBehindIsErasedToo) {
  for (const char* ending : {".seg", ".seg.new"}) {
    const std::string name = std::string("00000000000000000001-00000000000000004096.0") + ending;
    std::ofstream(data / "log" / "segments" / name) << secret;
  }
  ASSERT_TRUE(log->redact(versions).has_value());
  log.reset();
  EXPECT_FALSE(secret_is_anywhere());
}

TEST_F(RedactionTest, ASecondTimeChangesNothing) {
  seal();
  ASSERT_TRUE(log->redact(versions).has_value());
  const std::vector<SegmentInfo> before = log->stat().value().segments;
  ASSERT_TRUE(log->redact(versions).has_value());
  EXPECT_EQ(log->stat().value().segments[0].rewrite, before[0].rewrite);
  EXPECT_TRUE(holds(read_all(*log), redacted()));
}

TEST_F(RedactionTest, TheTailKeepsItsCursorsMarksIdentityAndPlace) {
  append(*log, {}, {{{"firehose", "17"}}, {{"repo", "rev"}}});
  const LogId id = log->id();
  ASSERT_TRUE(log->redact(versions).has_value());
  EXPECT_EQ(log->cursor("firehose").value(), "17");
  EXPECT_EQ(log->mark("repo").value(), "rev");
  EXPECT_EQ(append(*log, {created("alice", "1")})[0].event.seq, count + 1);
  open();
  EXPECT_EQ(log->id(), id);
  EXPECT_EQ(log->last().value(), count + 1);
  EXPECT_EQ(log->stat().value().tail_file_bytes, fs::file_size(data / "log" / "tail.1.mdb"));
  EXPECT_FALSE(fs::exists(data / "log" / "tail.mdb"));
  EXPECT_FALSE(fs::exists(data / "log" / "tail.mdb-lock"));
}

TEST_F(RedactionTest, WhatCannotBeRedactedIsRefusedAndNothingIsRecorded) {
  EXPECT_TRUE(failed(log->redact(std::vector<Seq>{count + 1}), Errc::not_found, "no event 10001"));
  EXPECT_TRUE(failed(log->redact(std::vector<Seq>{2, 1}), Errc::invalid, "not sorted"));
  const Seq added = append(*log, {identity("alice", "a.example")})[0].event.seq;
  EXPECT_TRUE(failed(log->redact(std::vector<Seq>{added}), Errc::invalid,
                     "event 10001 (identity) has no payload to redact"));
  EXPECT_EQ(log->stat().value().redaction_epoch, 0U);
}

TEST_F(RedactionTest, ReadersOfThisProcessGoOnFromOneFileToTheNext) {
  seal();
  Reader reader(*log, 1, Matcher::make({.history = true}).value());
  Page page;
  ASSERT_TRUE(reader.next(page).value());
  Seq expected = page.next;
  ASSERT_TRUE(log->redact(versions).has_value());
  const std::vector<TestEvent> left = redacted();
  while (reader.next(page).value()) {
    for (const Event& event : page.events) {
      ASSERT_EQ(event.seq, expected);
      ASSERT_TRUE(same(event, left[expected++ - 1].view()));
    }
  }
  EXPECT_EQ(expected, count + 1);
}

TEST_F(RedactionTest, AReaderInAnotherProcessNoticesTheNewFilesAndSeesWhatIsAppendedThere) {
  seal();
  log.reset();
  Child child([&](const Channel& parent) {
    const auto reading = WitnessLog::open_reader(data).value();
    Reader reader(*reading, 1, Matcher::make({.history = true}).value());
    Page page;
    ASSERT_TRUE(reader.next(page).value());
    parent.say();
    (void)parent.hear();
    EXPECT_TRUE(
        reading->wait(count + 1, std::chrono::steady_clock::now() + std::chrono::seconds(30))
            .value());
    Seq expected = page.next;
    while (reader.next(page).value()) {
      for (const Event& event : page.events) ASSERT_EQ(event.seq, expected++);
    }
    EXPECT_EQ(expected, count + 2);
    page.clear();
    ASSERT_TRUE(reading->get(created_at, page).has_value());
    EXPECT_TRUE(page.events[0].record.empty());
    EXPECT_EQ(reading->stat().value().redaction_epoch, 1U);
  });
  (void)child.channel().hear();
  open();
  ASSERT_TRUE(log->redact(versions).has_value());
  append(*log, {created("alice", "1")});
  child.channel().say();
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(RedactionTest, ReadersOfAnotherProcessAreNeverDisturbedWhileTailsAreReplaced) {
  seal();
  log.reset();
  Child child([&](const Channel& parent) {
    const auto reading = WitnessLog::open_reader(data).value();
    parent.say();
    for (Seq end = 0; end < count + 10;) {
      const Page page = read_all(*reading, {.history = true}, count - 2'000);
      end = page.next - 1;
      ASSERT_EQ(page.events.size(), end - (count - 2'000) + 1);
    }
  });
  (void)child.channel().hear();
  open();
  for (Seq round = 0; round < 10; ++round) {
    ASSERT_TRUE(log->redact(std::vector<Seq>{deleted_at}).has_value());
    append(*log, {created("alice", "1")});
  }
  EXPECT_EQ(child.wait(), 0);
}

// Crashes -----------------------------------------------------------------------------------------

TEST(RedactionChild, DISABLED_Redacts) {
  const auto log = WitnessLog::open_writer(getenv("REFOLD_TEST_DATA")).value();
  const std::vector<Seq> versions = {RedactionTest::created_at, RedactionTest::edited_at,
                                     RedactionTest::deleted_at};
  ASSERT_TRUE(log->redact(versions).has_value());
}

struct RedactionCrash : RedactionTest, ::testing::WithParamInterface<const char*> {};

TEST_P(RedactionCrash, IsFinishedByTheNextOpen) {
  const Sha256Digest root = log->root().value();
  seal();
  log.reset();
  const int status =
      run_again("RedactionChild.DISABLED_Redacts",
                {{"REFOLD_TEST_DATA", data.native()}, {"REFOLD_CRASH_AT", GetParam()}});
  ASSERT_TRUE(was_killed(status)) << status;
  EXPECT_EQ(WitnessLog::open_reader(data).value()->root().value(), root);
  open();
  expect_redacted();
  EXPECT_EQ(log->root().value(), root);
}

INSTANTIATE_TEST_SUITE_P(After, RedactionCrash,
                         ::testing::Values("redact.recorded", "redact.tail", "redact.segment",
                                           "redact.segment:2", "redact.listed", "redact.listed:2",
                                           "redact.copied", "redact.renamed", "redact.compacted"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           for (char& letter : name) {
                             if (letter == '.' || letter == ':') letter = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace refold::log
