#include <gtest/gtest.h>

#include "core/index/marks.h"
#include "tests/index/fixture.h"

namespace refold::index {
namespace {

using log::Kind;
using log::PreviousState;

using Accounts = RecorderTest;
using Log = std::vector<std::string>;

std::vector<Kind> kinds(const log::Page& page) {
  std::vector<Kind> all;
  for (const log::Event& event : page.events) all.push_back(event.kind);
  return all;
}

TEST_F(Accounts, AnAccountEventSetsTheStateOfTheAccount) {
  record({account_is("alice", "deactivated", 1, 100).flagged(log::flag::live)});
  EXPECT_FALSE(repo("alice").active);
  EXPECT_EQ(repo("alice").status, "deactivated");
  EXPECT_EQ(repo("alice").account_us, 100);
  const log::Event event = newest().events[0];
  EXPECT_EQ(event.upstream_seq, 1U);
  EXPECT_EQ(event.upstream_us, 100);
  EXPECT_TRUE(event.has(log::flag::live));
  record({account_is("alice", "", 2, 200)});
  EXPECT_TRUE(repo("alice").active);
  reopen();
  EXPECT_TRUE(repo("alice").active);
  EXPECT_EQ(repo("alice").account_us, 200);
}

TEST_F(Accounts, AnIdentityEventSetsTheHandle) {
  record({handle_is("alice", "alice.example", 1, 100), handle_is("alice", "al.example", 2, 200)});
  EXPECT_EQ(repo("alice").handle, "al.example");
  EXPECT_EQ(repo("alice").identity_us, 200);
}

TEST_F(Accounts, AnEventOfTheSameSourceAndNumberIsKnown) {
  record({handle_is("alice", "alice.example", 1, 100)}, "relay");
  EXPECT_EQ(record({handle_is("alice", "other.example", 1, 300)}, "relay").known, 1U);
  EXPECT_EQ(record({handle_is("alice", "other.example", 1, 300)}, "other relay").appended, 1U);
  EXPECT_EQ(record({handle_is("bob", "other.example", 1, 300)}, "relay").appended, 1U);
  EXPECT_EQ(record({account_is("alice", "", 1, 300)}, "relay").appended, 1U);
}

TEST_F(Accounts, AnEventOfTheSameContentAndTimeIsKnownWhateverItsSource) {
  record({handle_is("alice", "alice.example", 1, 100)}, "relay");
  EXPECT_EQ(record({handle_is("alice", "alice.example", 9, 100)}, "pds").known, 1U);
  EXPECT_EQ(record({handle_is("alice", "alice.example", 0, 100)}, "pds").known, 1U);
  EXPECT_EQ(record({handle_is("alice", "alice.example", 10, 101)}, "pds").appended, 1U);
  reopen();
  EXPECT_EQ(record({handle_is("alice", "alice.example", 9, 100)}, "pds").known, 1U);
}

TEST_F(Accounts, AnEventOlderThanTheNewestIsLateAndChangesNothing) {
  record({account_is("alice", "", 5, 500), handle_is("alice", "new.example", 6, 500)});
  EXPECT_EQ(
      record({account_is("alice", "takendown", 3, 300), handle_is("alice", "old.example", 4, 300)})
          .late,
      2U);
  EXPECT_TRUE(repo("alice").active);
  EXPECT_EQ(repo("alice").handle, "new.example");
  expect_index_is_as_built_anew();
}

TEST_F(Accounts, AGapNeedsNoAccount) {
  TestDraft gap;
  gap.draft.kind = Kind::gap;
  gap.status = "outdated cursor";
  gap.handle = "100-200";
  EXPECT_EQ(record({gap.upstream(200, 1'000)}).appended, 1U);
  EXPECT_EQ(newest().events[0].status, "outdated cursor");
  EXPECT_EQ(newest().events[0].handle, "100-200");
  EXPECT_EQ(record({gap.upstream(200, 1'000)}).known, 1U);
}

TEST_F(Accounts, ASyncRaisesTheRev) {
  TestDraft sync = draft_of(Kind::sync, "alice").upstream(7, 70);
  sync.draft.rev = rev(9);
  record({create("alice", "1", 3, "a"), sync});
  EXPECT_EQ(repo("alice").rev, rev(9));
}

// Deletion ----------------------------------------------------------------------------------------

TEST_F(Accounts, ADeletedAccountTakesBackEveryLivingRecordBeforeItsEvent) {
  record({create("alice", "1", 1, "a"), create("alice", "2", 2, "b"), remove("alice", "2", 3),
          create("alice", "3", 4, "c"), create("bob", "1", 1, "x")});
  const Outcome outcome =
      record({account_is("alice", "deleted", 1, 100).flagged(log::flag::verified)});
  EXPECT_EQ(outcome.appended, 3U);
  const log::Page all = read_all(recorder->log(), {.history = true}, 6);
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::remove, Kind::remove, Kind::account}));
  EXPECT_EQ(seen(all.events[0]), "removed a");
  EXPECT_EQ(seen(all.events[1]), "removed c");
  for (const std::size_t place : {0U, 1U}) {
    EXPECT_EQ(all.events[place].rev, rev(4));
    EXPECT_EQ(all.events[place].source, "test");
    EXPECT_EQ(all.events[place].flags, log::flag::verified);
  }
  EXPECT_EQ(all.events[0].order, 0U);
  EXPECT_EQ(all.events[1].order, 1U);  // behind the create of the same rev
  EXPECT_EQ(head("bob", "1")->kind, Kind::create);
  expect_index_is_as_built_anew();
}

TEST_F(Accounts, ADeletionSeesWhatComesBeforeItInItsBatchAndNotWhatComesAfter) {
  record({create("alice", "1", 1, "a"), account_is("alice", "deleted", 1, 100),
          create("alice", "2", 2, "b")});
  EXPECT_EQ(kinds(history()),
            (std::vector<Kind>{Kind::create, Kind::remove, Kind::account, Kind::create}));
  EXPECT_EQ(head("alice", "2")->kind, Kind::create);
}

TEST_F(Accounts, ADeletionThatIsKnownOrLateTakesNothingBack) {
  record({account_is("alice", "deleted", 1, 100), account_is("alice", "", 2, 200)});
  record({create("alice", "1", 1, "a")});
  EXPECT_EQ(record({account_is("alice", "deleted", 1, 100)}).known, 1U);
  EXPECT_EQ(record({account_is("alice", "deleted", 9, 150)}).late, 1U);
  EXPECT_EQ(head("alice", "1")->kind, Kind::create);
}

TEST_F(Accounts, OtherStatusesTakeNothingBack) {
  record({create("alice", "1", 1, "a"), account_is("alice", "takendown", 1, 100)});
  EXPECT_EQ(head("alice", "1")->kind, Kind::create);
}

TEST_F(Accounts, ADeletionOfManyRecordsIsCommittedInBoundedParts) {
  options.group_events_max = 7;
  reopen();
  std::vector<TestDraft> posts;
  posts.reserve(100);
  for (int number = 0; number < 100; ++number) {
    posts.push_back(create("alice", std::to_string(number), 1, "a"));
  }
  record(posts);
  EXPECT_EQ(record({account_is("alice", "deleted", 1, 100)}).appended, 101U);
  for (int number = 0; number < 100; ++number) {
    ASSERT_EQ(head("alice", std::to_string(number))->kind, Kind::remove);
  }
  EXPECT_EQ(newest().events[0].kind, Kind::account);
  expect_index_is_as_built_anew();
}

TEST_F(Accounts, ADeletionFindsRecordsThatAreBeingFlushed) {
  options.index.flush_events = 3'000;
  reopen();
  for (const std::string who : {"alice", "bob", "carol"}) {
    std::vector<TestDraft> posts;
    posts.reserve(3'000);
    for (int number = 0; number < 3'000; ++number) {
      posts.push_back(create(who, std::to_string(number), 1, "a"));
    }
    record(posts);
    EXPECT_EQ(record({account_is(who, "deleted", 1, 100)}).appended, 3'001U);
  }
  expect_index_is_as_built_anew();
}

TEST_F(Accounts, ADeletionThatACrashCutOffIsFinishedByTheReplay) {
  record({create("alice", "1", 1, "a"), create("alice", "2", 1, "b")});
  // What a crash between the tombstones leaves: one of them, and no account event.
  record({remove("alice", "1", 1)});
  EXPECT_EQ(record({account_is("alice", "deleted", 1, 100)}).appended, 2U);
  EXPECT_EQ(head("alice", "1")->kind, Kind::remove);
  EXPECT_EQ(head("alice", "2")->kind, Kind::remove);
  EXPECT_EQ(record({account_is("alice", "deleted", 1, 100)}).known, 1U);
  EXPECT_EQ(recorder->log().last().value(), 5U);
}

TEST_F(Accounts, ALivingRecordWithoutPayloadIsRemovedAsUnknown) {
  record({create("alice", "1", 1, "a").without_payload(), account_is("alice", "deleted", 1, 1)});
  const log::Page all = history();
  EXPECT_EQ(all.events[1].previous_state, PreviousState::unknown);
  EXPECT_EQ(all.events[1].previous_seq, 1U);
}

// Marks -------------------------------------------------------------------------------------------

TEST_F(Accounts, AMarkRaisesTheRevOfARepo) {
  record({create("alice", "1", 1, "a")});
  record({}, "test", {{}, {repo_mark(did_of("alice"), rev(5)), repo_mark(did_of("bob"), rev(2))}});
  EXPECT_EQ(repo("alice").rev, rev(5));
  EXPECT_EQ(repo("bob").rev, rev(2));
  reopen();
  EXPECT_EQ(repo("alice").rev, rev(5));
  expect_index_is_as_built_anew();
  EXPECT_EQ(repo("bob").rev, rev(2));
}

TEST_F(Accounts, AnOlderMarkChangesNothing) {
  record({}, "test", {{}, {repo_mark(did_of("bob"), rev(9)), repo_mark(did_of("bob"), rev(2))}});
  record({}, "test", {{}, {repo_mark(did_of("bob"), rev(3))}});
  EXPECT_EQ(repo("bob").rev, rev(9));
  expect_index_is_as_built_anew();
  EXPECT_EQ(repo("bob").rev, rev(9));
}

TEST_F(Accounts, AMarkOfTheLongestDidIsFoundAgain) {
  const std::string did = "did:web:" + std::string(2000, 'x') + ".example";
  record({}, "test", {{}, {repo_mark(did, rev(3)), {"other", "mark"}}});
  reopen();
  EXPECT_EQ(recorder->repo(did).value()->rev, rev(3));
  EXPECT_EQ(recorder->log().mark("other").value(), "mark");
}

}  // namespace
}  // namespace refold::index
