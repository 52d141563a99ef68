#include <gmock/gmock.h>

#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using log::Kind;
using ::testing::ElementsAre;

struct Redactions : RecorderTest {
  Recorder::RedactionOutcome redact(std::string_view who,
                                    std::optional<std::string> collection = std::nullopt,
                                    std::optional<std::string> rkey = std::nullopt) {
    const auto done = recorder->redact({did_of(who), std::move(collection), std::move(rkey)});
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done ? *done : Recorder::RedactionOutcome{};
  }
  [[nodiscard]] std::vector<log::Seq> redacted() const {
    std::vector<log::Seq> found;
    const log::Page all = history();
    for (const log::Event& event : all.events) {
      if (event.has(log::flag::redacted)) found.push_back(event.seq);
    }
    return found;
  }
  [[nodiscard]] std::vector<log::Seq> delivered() const {
    return seqs(read_all(recorder->log(), log::Filter{}));
  }
};

TEST_F(Redactions, OfALivingRecordRemovesItFirstAndErasesEveryVersion) {
  record({create("alice", "1", 1, "secret one"), update("alice", "1", 2, "secret two"),
          create("alice", "1", 1, "secret late"), create("alice", "2", 3, "kept"),
          create("bob", "1", 1, "kept")});
  const auto outcome = redact("alice", std::string(post), "1");
  EXPECT_EQ(outcome.tombstones, 1U);
  EXPECT_EQ(outcome.erased, 3U);
  EXPECT_THAT(redacted(), ElementsAre(1U, 2U, 3U, 6U));
  EXPECT_THAT(delivered(), ElementsAre(4U, 5U));
  EXPECT_EQ(newest().events[0].source, "redaction");
  EXPECT_EQ(newest().events[0].rev, rev(2));
  EXPECT_EQ(newest().events[0].order, 1U);
  EXPECT_TRUE(head("alice", "1")->redacted);
  EXPECT_EQ(head("alice", "1")->kind, Kind::remove);
  expect_index_is_as_built_anew();
  recorder.reset();
  EXPECT_FALSE(any_file_contains(data, "secret"));
}

TEST_F(Redactions, AreIdempotent) {
  record({create("alice", "1", 1, "secret")});
  redact("alice", std::string(post), "1");
  const auto epoch = recorder->log().stat().value().redaction_epoch;
  EXPECT_EQ(epoch, 1U);
  const auto again = redact("alice", std::string(post), "1");
  EXPECT_EQ(again.tombstones, 0U);
  EXPECT_EQ(again.erased, 0U);
  EXPECT_EQ(recorder->log().last().value(), 2U);
  EXPECT_EQ(redact("nobody").erased, 0U);
  EXPECT_EQ(recorder->log().stat().value().redaction_epoch, epoch);
}

TEST_F(Redactions, OfACollectionSpareTheOthers) {
  record({create("alice", "1", 1, "secret", like), create("alice", "2", 1, "secret", like),
          create("alice", "1", 1, "kept", post), create("bob", "1", 1, "kept", like)});
  EXPECT_EQ(redact("alice", std::string(like)).tombstones, 2U);
  EXPECT_THAT(redacted(), ElementsAre(1U, 2U, 5U, 6U));
  EXPECT_EQ(head("alice", "1")->kind, Kind::create);
}

TEST_F(Redactions, OfAnAccountEraseAllOfItAndNobodyElses) {
  record({create("alice", "1", 1, "secret"), create("alice", "1", 1, "secret", like),
          remove("alice", "1", 2, like), handle_is("alice", "alice.example", 1, 1),
          create("bob", "1", 1, "kept")});
  const auto outcome = redact("alice");
  EXPECT_EQ(outcome.tombstones, 1U);
  EXPECT_EQ(outcome.erased, 2U);
  EXPECT_THAT(redacted(), ElementsAre(1U, 2U, 3U, 6U));
  expect_index_is_as_built_anew();
}

TEST_F(Redactions, WhatWasRedactedStaysKnown) {
  record({create("alice", "1", 1, "secret")});
  redact("alice");
  EXPECT_EQ(record({create("alice", "1", 1, "secret")}).known, 1U);
  reopen();
  EXPECT_EQ(record({create("alice", "1", 1, "secret")}).known, 1U);
  recorder.reset();
  EXPECT_FALSE(any_file_contains(data, "secret"));
}

TEST_F(Redactions, ARecordCanBeCreatedAgainAfterwards) {
  record({create("alice", "1", 1, "secret")});
  redact("alice");
  record({create("alice", "1", 2, "new")});
  EXPECT_EQ(seen(newest().events[0]), "added new");
  EXPECT_FALSE(head("alice", "1")->redacted);
}

TEST_F(Redactions, APayloadThatIsMissingNeedsNotBeFetchedAfterwards) {
  record({create("alice", "1", 1, "secret").without_payload()});
  redact("alice");
  EXPECT_THAT(recorder->missing(10).value(), ElementsAre());
  EXPECT_EQ(record({create("alice", "1", 1, "secret")}).known, 1U);
}

TEST_F(Redactions, AreRefusedForWhatCannotExist) {
  EXPECT_TRUE(failed(recorder->redact({"alice", {}, {}}), Errc::invalid, "DID"));
  EXPECT_TRUE(failed(recorder->redact({did_of("alice"), "post", {}}), Errc::invalid, "collection"));
  EXPECT_TRUE(failed(recorder->redact({did_of("alice"), {}, "1"}), Errc::invalid, "record key"));
}

TEST_F(Redactions, OnesThatWereBegunAreFinishedWhenTheRecorderOpens) {
  record({create("alice", "1", 1, "secret"), create("bob", "1", 1, "kept")});
  // What a crash right after the request was recorded leaves.
  std::string request{static_cast<char>(did_of("alice").size())};
  request += did_of("alice") + std::string(2, '\0');
  record({}, "test", {{}, {{"redaction/pending", request}}});
  reopen();
  EXPECT_THAT(redacted(), ElementsAre(1U, 3U));
  EXPECT_EQ(recorder->log().mark("redaction/pending").value(), "");
  recorder.reset();
  EXPECT_FALSE(any_file_contains(data, "secret"));
}

TEST_F(Redactions, OneOfWhatIsErasedInPartErasesTheRest) {
  record({create("alice", "1", 1, "secret one")});
  redact("alice");
  record({create("alice", "1", 2, "secret two"), create("alice", "2", 3, "secret three")});
  EXPECT_EQ(redact("alice").erased, 2U);
  EXPECT_THAT(redacted(), ElementsAre(1U, 2U, 3U, 4U, 5U, 6U));
  EXPECT_EQ(recorder->log().stat().value().redaction_epoch, 2U);
  recorder.reset();
  EXPECT_FALSE(any_file_contains(data, "secret"));
}

TEST_F(Redactions, OneThatFailedHalfWayCountsOnceWhenItIsAskedForAgain) {
  record({create("alice", "1", 1, "secret")});
  // Where the tail is to be copied without what was erased.
  const auto copy = data / "log" / "tail.mdb.new";
  std::filesystem::create_directories(copy / "in the way");
  EXPECT_TRUE(recorder->redact({did_of("alice"), {}, {}}).has_error());
  EXPECT_EQ(recorder->log().stat().value().redaction_epoch, 1U);
  std::filesystem::remove_all(copy);
  redact("alice");
  EXPECT_EQ(recorder->log().stat().value().redaction_epoch, 1U);
  expect_index_is_as_built_anew();
  recorder.reset();
  EXPECT_FALSE(any_file_contains(data, "secret"));
}

}  // namespace
}  // namespace refold::index
