#include "core/index/recorder.h"

#include <gmock/gmock.h>

#include <thread>

#include "core/base/clock.h"
#include "core/index/marks.h"
#include "core/log/limits.h"
#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using log::Kind;
using log::Missing;
using log::PreviousState;
using ::testing::ElementsAre;

using Decisions = RecorderTest;
using Log = std::vector<std::string>;

// What a fold sees, by what the wire says and what the head is ------------------------------------

TEST_F(Decisions, ACreateOfANewRecordIsAdded) {
  const Outcome outcome = record({create("alice", "1", 1, "a")});
  EXPECT_EQ(outcome.appended, 1U);
  EXPECT_EQ(outcome.last, 1U);
  EXPECT_EQ(seen(history()), Log{"added a"});
  const Head found = head("alice", "1").value();
  EXPECT_EQ(found.seq, 1U);
  EXPECT_EQ(found.rev, rev(1));
  EXPECT_EQ(found.kind, Kind::create);
  EXPECT_EQ(found.cid, create("alice", "1", 1, "a").draft.cid);
}

TEST_F(Decisions, ACreateOnATombstoneIsAddedAndNamesTheTombstone) {
  record({create("alice", "1", 1, "a")});
  record({remove("alice", "1", 2)});
  record({create("alice", "1", 3, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "removed a", "added b"}));
  EXPECT_EQ(newest().events[0].previous_seq, 2U);
  EXPECT_EQ(newest().events[0].previous_state, PreviousState::none);
}

TEST_F(Decisions, ACreateOnALivingRecordReplacesIt) {
  record({create("alice", "1", 1, "a")});
  record({create("alice", "1", 2, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "replaced a -> b"}));
  EXPECT_EQ(newest().events[0].kind, Kind::create);
}

TEST_F(Decisions, AnUpdateOfALivingRecordReplacesIt) {
  record({create("alice", "1", 1, "a")});
  record({update("alice", "1", 2, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "replaced a -> b"}));
  EXPECT_EQ(newest().events[0].previous_seq, 1U);
}

TEST_F(Decisions, AnUpdateOfNothingOrOfATombstoneIsAdded) {
  record({update("alice", "1", 1, "a")});
  record({remove("alice", "1", 2)});
  record({update("alice", "1", 3, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "removed a", "added b"}));
}

TEST_F(Decisions, ADeleteOfALivingRecordRemovesItAndStaysTheHead) {
  record({create("alice", "1", 1, "a")});
  record({remove("alice", "1", 2)});
  EXPECT_EQ(seen(history()), (Log{"added a", "removed a"}));
  EXPECT_EQ(head("alice", "1")->kind, Kind::remove);
  EXPECT_EQ(head("alice", "1")->cid, std::nullopt);
}

TEST_F(Decisions, ADeleteOfNothingHasNothingToTakeBack) {
  record({remove("alice", "1", 2)});
  EXPECT_EQ(seen(history()), Log{"removed ?"});
  EXPECT_EQ(newest().events[0].previous_state, PreviousState::unknown);
  EXPECT_EQ(newest().events[0].previous_seq, 0U);
}

TEST_F(Decisions, ADeleteOfATombstoneChangesNothing) {
  record({create("alice", "1", 1, "a"), remove("alice", "1", 2)});
  record({remove("alice", "1", 3)});
  EXPECT_EQ(seen(history()), (Log{"added a", "removed a", "nothing"}));
  EXPECT_TRUE(newest().events[0].has(log::flag::unchanged));
  EXPECT_EQ(newest().events[0].previous_seq, 2U);
}

TEST_F(Decisions, AnUpdateToTheSameContentChangesNothing) {
  record({create("alice", "1", 1, "a")});
  record({update("alice", "1", 2, "a")});
  record({update("alice", "1", 3, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "nothing", "replaced a -> b"}));
}

TEST_F(Decisions, AMissingPayloadTakesTheOldVersionBackAndIsAddedOnceItComes) {
  record({create("alice", "1", 1, "a")});
  const TestDraft late_payload = update("alice", "1", 2, "b");
  EXPECT_EQ(record({late_payload.without_payload()}).missing, 1U);
  EXPECT_EQ(head("alice", "1")->missing, Missing::not_sent);
  EXPECT_THAT(recorder->missing(10).value(), ElementsAre(2U));
  EXPECT_EQ(record({late_payload}).appended, 1U);
  EXPECT_EQ(seen(history()), (Log{"added a", "removed a", "added b"}));
  EXPECT_EQ(newest().events[0].previous_seq, 2U);
  EXPECT_EQ(newest().events[0].rev, rev(2));
  EXPECT_THAT(recorder->missing(10).value(), ElementsAre());
  EXPECT_EQ(record({late_payload}).known, 1U);
  EXPECT_EQ(record({late_payload.without_payload()}).known, 1U);
  expect_index_is_as_built_anew();
}

TEST_F(Decisions, WhatFollowsAMissingPayloadHasNothingToTakeBack) {
  record({update("alice", "1", 1, "a").without_payload()});
  record({update("alice", "1", 2, "b")});
  record({update("alice", "2", 1, "a").without_payload()});
  record({remove("alice", "2", 2)});
  EXPECT_EQ(seen(history()), (Log{"nothing", "added b", "nothing", "removed ?"}));
  EXPECT_THAT(recorder->missing(10).value(), ElementsAre());
  EXPECT_EQ(record({update("alice", "1", 1, "a")}).known, 1U);
}

TEST_F(Decisions, AMissingPayloadThatIsTheHeadsOneIsTakenFromThere) {
  record({create("alice", "1", 1, "a")});
  EXPECT_EQ(record({update("alice", "1", 2, "a").without_payload()}).missing, 0U);
  record({update("alice", "1", 3, "b")});
  EXPECT_EQ(seen(history()), (Log{"added a", "nothing", "replaced a -> b"}));
}

TEST_F(Decisions, TheSameContentAfterAMissingPayloadIsAdded) {
  record({create("alice", "1", 1, "a").without_payload()});
  record({update("alice", "1", 2, "a")});
  EXPECT_EQ(seen(history()), (Log{"nothing", "added a"}));
}

// Payloads ----------------------------------------------------------------------------------------

TEST_F(Decisions, APayloadThatIsRefusedIsAMissingOneWithItsReason) {
  TestDraft no_cbor = create("alice", "2", 1, "a");
  no_cbor.record = {0xa1, 0x61};
  no_cbor.draft.cid = atproto::cid_of(no_cbor.record);
  TestDraft too_large = create("alice", "3", 1, std::string(log::record_bytes_max, 'x'));
  TestDraft no_map = create("alice", "4", 1, "a");
  no_map.record = {0x01};
  no_map.draft.cid = atproto::cid_of(no_map.record);
  const Outcome outcome =
      record({create("alice", "1", 1, "a").sending(record_of(post, "b")), no_cbor, too_large,
              no_map, create("alice", "5", 1, "a").sending({})});
  EXPECT_EQ(outcome.appended, 5U);
  EXPECT_EQ(outcome.missing, 5U);
  const log::Page all = history();
  std::vector<Missing> reasons;
  for (const log::Event& event : all.events) {
    reasons.push_back(event.missing);
    EXPECT_TRUE(event.record.empty());
  }
  EXPECT_THAT(reasons, ElementsAre(Missing::cid_mismatch, Missing::not_data_model,
                                   Missing::too_large, Missing::not_data_model, Missing::not_sent));
  EXPECT_EQ(log::cid_of(all.events[0]), create("alice", "1", 1, "a").draft.cid);
  EXPECT_EQ(record({create("alice", "1", 1, "a").sending(record_of(post, "b"))}).known, 1U);
}

// Known, late, and both in one commit -------------------------------------------------------------

TEST_F(Decisions, AReplayedCursorAppendsNothing) {
  const std::vector<TestDraft> all = {create("alice", "1", 1, "a"), update("alice", "1", 2, "b"),
                                      remove("alice", "1", 3),      create("alice", "1", 4, "c"),
                                      create("bob", "1", 1, "x"),   remove("bob", "2", 2)};
  EXPECT_EQ(record(all).appended, 6U);
  EXPECT_EQ(record(all).known, 6U);
  reopen();
  EXPECT_EQ(record(all).known, 6U);
  EXPECT_EQ(recorder->log().last().value(), 6U);
}

TEST_F(Decisions, TwoSourcesOfTheSameDataGiveOneLog) {
  const std::vector<TestDraft> all = {create("alice", "1", 1, "a"), update("alice", "1", 2, "b")};
  auto one = recorder->submit(batch_of(all, "relay"));
  auto other = recorder->submit(batch_of(all, "jetstream"));
  EXPECT_EQ(one.get().value().appended, 2U);
  EXPECT_EQ(other.get().value().known, 2U);
}

TEST_F(Decisions, AnOlderVersionIsLateAndNeverMovesTheHead) {
  record({create("alice", "1", 5, "new")});
  EXPECT_EQ(record({create("alice", "1", 3, "old")}).late, 1U);
  EXPECT_EQ(seen(history()), (Log{"added new", "nothing"}));
  EXPECT_TRUE(newest().events[0].has(log::flag::late));
  EXPECT_EQ(newest().events[0].previous_seq, 0U);
  EXPECT_EQ(head("alice", "1")->seq, 1U);
}

TEST_F(Decisions, AReplayedLateVersionIsKnown) {
  record({create("alice", "1", 5, "new")});
  record({create("alice", "1", 3, "old")});
  EXPECT_EQ(record({create("alice", "1", 3, "old")}).known, 1U);
  reopen();
  EXPECT_EQ(record({create("alice", "1", 3, "old")}).known, 1U);
}

TEST_F(Decisions, ACreateAndAnUpdateInOneCommitAreTwoVersionsInThatOrder) {
  const TestDraft first = create("alice", "1", 1, "a").at(0);
  const TestDraft second = update("alice", "1", 1, "b").at(1);
  record({first, second});
  EXPECT_EQ(seen(history()), (Log{"added a", "replaced a -> b"}));
  EXPECT_EQ(head("alice", "1")->order, 1U);
  EXPECT_EQ(record({first, second}).known, 2U);
}

TEST_F(Decisions, WithoutAnOrderTheVersionsOfOneCommitAreInTheOrderTheyCome) {
  record({create("alice", "1", 1, "a"), update("alice", "1", 1, "b")});
  record({remove("alice", "1", 1)});
  EXPECT_EQ(seen(history()), (Log{"added a", "replaced a -> b", "removed b"}));
  EXPECT_EQ(head("alice", "1")->order, 2U);
}

TEST_F(Decisions, AnEarlierVersionOfTheSameCommitIsLate) {
  record({update("alice", "1", 1, "b").at(4)});
  EXPECT_EQ(record({create("alice", "1", 1, "a").at(2)}).late, 1U);
  EXPECT_EQ(head("alice", "1")->order, 4U);
  EXPECT_EQ(newest().events[0].order, 2U);
}

// Refusals ----------------------------------------------------------------------------------------

TEST_F(Decisions, WhatBreaksARuleIsCountedByReasonAndTheRestGoesOn) {
  TestDraft bad_did = create("alice", "1", 1, "a");
  bad_did.did = "alice";
  TestDraft bad_status = account_is("alice", std::string(log::status_bytes_max + 1, 'x'), 1, 1);
  TestDraft no_cid = create("alice", "1", 1, "a");
  no_cid.draft.cid.reset();
  TestDraft no_rev = create("alice", "1", 1, "a");
  no_rev.draft.rev = {};
  const Outcome outcome =
      record({bad_did, create("alice", "1", 1, "a", "post"), create("alice", "a/b", 1, "a"), no_rev,
              no_cid, bad_status, create("alice", "1", 1, "good")});
  EXPECT_EQ(outcome.appended, 1U);
  EXPECT_EQ(outcome.refused_total(), 6U);
  for (const Refusal reason : {Refusal::bad_did, Refusal::bad_collection, Refusal::bad_rkey,
                               Refusal::bad_rev, Refusal::no_cid, Refusal::bad_field}) {
    EXPECT_EQ(outcome.refused[static_cast<std::size_t>(reason)], 1U) << name(reason);
  }
  EXPECT_EQ(seen(history()), Log{"added good"});
}

TEST_F(Decisions, ARevMoreThanFiveMinutesInTheFutureIsRefused) {
  const auto in_minutes = [](std::int64_t minutes) {
    TestDraft made = create("alice", std::to_string(minutes), 1, "a");
    const std::int64_t us = now_us() + minutes * 60 * 1'000'000;
    made.draft.rev = atproto::make_tid(static_cast<std::uint64_t>(us), 1);
    return made;
  };
  const Outcome outcome = record({in_minutes(4), in_minutes(6)});
  EXPECT_EQ(outcome.appended, 1U);
  EXPECT_EQ(outcome.refused[static_cast<std::size_t>(Refusal::future_rev)], 1U);
}

TEST_F(Decisions, OnlyTheFlagsOfDraftsAreKept) {
  record({create("alice", "1", 1, "a").flagged(0xffff)});
  EXPECT_EQ(history().events[0].flags, log::flag::live | log::flag::resync | log::flag::verified);
}

}  // namespace
}  // namespace refold::index
