#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/index/marks.h"
#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Repos that are compared as a whole with what the index knows.
struct WholeTest : RecorderTest {
  static TestDraft state(std::string_view who, std::string_view rkey, std::uint64_t at,
                         std::string_view text) {
    return create(who, rkey, at, text).flagged(log::flag::resync);
  }
  /// A sync that says nothing of the records, or that they are replaced.
  static TestDraft sync(std::string_view who, std::uint64_t at, SyncMeans means,
                        std::uint64_t upstream_seq) {
    TestDraft made = draft_of(log::Kind::sync, who).upstream(upstream_seq, 0);
    made.draft.rev = rev(at);
    made.draft.sync = means;
    return made;
  }
  Outcome conclude(std::string_view who, std::uint64_t at, const std::vector<std::string>& rkeys,
                   const std::vector<TestDraft>& drafts = {}) {
    Whole whole;
    whole.did = did_of(who);
    whole.rev = rev(at);
    for (const auto& rkey : rkeys) whole.records.push_back(record_key(whole.did, post, rkey));
    std::sort(whole.records.begin(), whole.records.end());
    DraftBatch batch = batch_of(drafts, "test");
    batch.whole = std::move(whole);
    return recorder->record(std::move(batch)).value();
  }
  std::vector<std::string> to_fetch() { return repos_to_fetch(recorder->log(), 10).value(); }
};

TEST_F(WholeTest, AStateThatIsKnownIsNotAppendedWhateverItsRev) {
  record({create("alice", "1", 1, "one")});
  const Outcome outcome = record({state("alice", "1", 9, "one")});
  EXPECT_EQ(outcome.known, 1U);
  EXPECT_EQ(outcome.appended, 0U);
}

TEST_F(WholeTest, AStateWithoutAPayloadIsAppendedOnce) {
  const TestDraft gone = state("alice", "1", 5, "one").without_payload();
  EXPECT_EQ(record({gone}).appended, 1U);
  EXPECT_EQ(record({gone}).known, 1U);
  TestDraft later = state("alice", "1", 9, "one").without_payload();
  EXPECT_EQ(record({later}).known, 1U) << "another rev of the repo says nothing of this record";
  EXPECT_EQ(record({state("alice", "1", 9, "one")}).appended, 1U) << "now it has one";
  EXPECT_EQ(record({later}).known, 1U);
  EXPECT_EQ(record({state("alice", "1", 10, "two").without_payload()}).appended, 1U);
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, AnAccountThatWasDeletedOnTheWayStaysGone) {
  record({create("alice", "1", 1, "one")});
  record({account_is("alice", "deleted", 7, 7'000)});
  const Outcome outcome = record(
      {state("alice", "1", 9, "one"), state("alice", "2", 9, "two"), state("bob", "1", 9, "one")});
  EXPECT_EQ(outcome.known, 2U);
  EXPECT_EQ(outcome.appended, 1U);
  EXPECT_EQ(record({state("alice", "1", 9, "one"), account_is("alice", "", 8, 8'000),
                    state("alice", "2", 9, "two")})
                .appended,
            2U)
      << "it is back";
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, ARepoOfWhichSomeCollectionsWereTakenIsStillToBeFetched) {
  record({sync("alice", 5, SyncMeans::fetch, 1)});
  ASSERT_THAT(to_fetch(), ElementsAre(did_of("alice")));
  Whole whole;
  whole.did = did_of("alice");
  whole.rev = rev(6);
  whole.complete = false;
  DraftBatch batch = batch_of({}, "test");
  batch.whole = whole;
  ASSERT_TRUE(recorder->record(std::move(batch)).has_value());
  EXPECT_THAT(to_fetch(), ElementsAre(did_of("alice")));
  conclude("alice", 6, {});
  EXPECT_THAT(to_fetch(), IsEmpty());
}

TEST_F(WholeTest, AnotherStateIsAnUpdateAndAnUnknownOneACreate) {
  record({create("alice", "1", 1, "one")});
  record({state("alice", "1", 9, "other"), state("alice", "2", 9, "two")});
  const log::Page page = history();
  EXPECT_EQ(page.events[1].kind, log::Kind::update);
  EXPECT_EQ(seen(page.events[1]), "replaced one -> other");
  EXPECT_EQ(page.events[2].kind, log::Kind::create);
  EXPECT_EQ(seen(page.events[2]), "added two");
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, AStateOlderThanTheHeadSaysNothing) {
  record({create("alice", "1", 5, "one"), create("alice", "2", 5, "two"), remove("alice", "2", 6)});
  EXPECT_EQ(record({state("alice", "1", 4, "older"), state("alice", "2", 5, "two")}).known, 2U);
}

TEST_F(WholeTest, OperationsOfTheRevOfAStateAreNeverNewer) {
  record({state("alice", "1", 5, "end")});
  record({create("alice", "1", 5, "begin").at(0), update("alice", "1", 5, "end").at(1)});
  EXPECT_EQ(head("alice", "1")->cid, create("alice", "1", 5, "end").draft.cid);
  EXPECT_THAT(seen(read_all(recorder->log(), {})), ElementsAre("added end"));
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, WhatIsGoneBecomesATombstoneThatCarriesWhatItDeletes) {
  record({create("alice", "1", 1, "one"), create("alice", "2", 1, "two"),
          create("alice", "3", 9, "later"), create("bob", "1", 1, "his")});
  EXPECT_EQ(conclude("alice", 5, {"1"}).appended, 1U);
  const log::Page page = newest();
  ASSERT_EQ(page.events.size(), 1U);
  EXPECT_EQ(seen(page.events[0]), "removed two");
  EXPECT_EQ(page.events[0].rev, rev(5));
  EXPECT_TRUE(page.events[0].has(log::flag::resync));
  EXPECT_EQ(head("alice", "3")->kind, log::Kind::create);
  EXPECT_EQ(head("bob", "1")->kind, log::Kind::create);
  EXPECT_EQ(conclude("alice", 5, {"1"}).appended, 0U);
  // The operations behind the tombstone come late: it stays.
  record({create("alice", "2", 5, "again").at(0), remove("alice", "2", 5).at(1)});
  EXPECT_EQ(head("alice", "2")->kind, log::Kind::remove);
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, WhatComesInTheSameCommitIsComparedToo) {
  record({create("alice", "1", 1, "one"), create("alice", "2", 1, "two")});
  const Outcome outcome =
      conclude("alice", 5, {"1"}, {create("alice", "3", 2, "three"), remove("alice", "2", 3)});
  EXPECT_EQ(outcome.appended, 3U);
  EXPECT_THAT(seen(history()),
              ElementsAre("added one", "added two", "added three", "removed two", "removed three"));
  EXPECT_TRUE(newest().events[0].has(log::flag::resync));
  expect_index_is_as_built_anew();
}

TEST_F(WholeTest, AStateDoesNotBringBackAPayloadThatWasErased) {
  record({create("alice", "1", 1, "one"), create("alice", "2", 1, "two")});
  ASSERT_TRUE(recorder->redact({.did = did_of("alice"), .collection = {}, .rkey = {}}).has_value());
  EXPECT_EQ(record({state("alice", "1", 9, "one")}).appended, 0U);
}

TEST_F(WholeTest, ASyncThatIsNewsMarksTheRepoUntilItIsCompared) {
  record({create("alice", "1", 1, "one"), sync("alice", 5, SyncMeans::fetch, 1)});
  EXPECT_THAT(to_fetch(), ElementsAre(did_of("alice")));
  reopen();
  EXPECT_THAT(to_fetch(), ElementsAre(did_of("alice")));
  conclude("alice", 4, {"1"});
  EXPECT_THAT(to_fetch(), ElementsAre(did_of("alice")));
  conclude("alice", 5, {"1"});
  EXPECT_THAT(to_fetch(), IsEmpty());
  EXPECT_EQ(repo("alice").rev, rev(5));
}

TEST_F(WholeTest, ASyncThatConfirmsWhatIsKnownMarksNothing) {
  record({create("alice", "1", 5, "one"), sync("alice", 5, SyncMeans::fetch, 1)});
  record({sync("bob", 5, SyncMeans::matches, 2)});
  EXPECT_THAT(to_fetch(), IsEmpty());
}

TEST_F(WholeTest, ASyncThatReplacesTheRepoRemovesWhatLivesInIt) {
  record({create("alice", "1", 1, "one"), create("alice", "2", 1, "two")});
  record({sync("alice", 5, SyncMeans::replaced, 7), create("alice", "1", 5, "one")});
  EXPECT_THAT(to_fetch(), IsEmpty());
  EXPECT_EQ(head("alice", "1")->kind, log::Kind::create);
  EXPECT_EQ(head("alice", "2")->kind, log::Kind::remove);
  // Once more, the same is known.
  const Outcome again =
      record({sync("alice", 5, SyncMeans::replaced, 7), create("alice", "1", 5, "one")});
  EXPECT_EQ(again.appended, 0U);
}

}  // namespace
}  // namespace refold::index
