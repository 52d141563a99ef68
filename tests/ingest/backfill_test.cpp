#include "core/ingest/backfill/backfill.h"

#include <gmock/gmock.h>

#include "core/index/marks.h"
#include "core/log/reader.h"
#include "tests/support/fake_repo_host.h"
#include "tests/support/temp_folder.h"

namespace refold::ingest {
namespace {

using ::testing::Contains;
using testing::did_of;
using ::testing::ElementsAre;
using testing::FakeRepoHost;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::repo_car;
using ::testing::UnorderedElementsAre;
using testing::xrpc_error;

struct BackfillTest : ::testing::Test {
  testing::TempFolder folder;
  std::unique_ptr<index::Recorder> recorder = [this] {
    index::RecorderOptions with;
    with.log.map_bytes = with.index.map_bytes = std::size_t{1} << 30;
    return index::Recorder::open(folder / "data", with).value();
  }();
  /// What a backfill has left.
  BackfillStatus status;
  std::vector<RepoFault> faults;

  BackfillOptions options(const FakeRepoHost& host) const {
    BackfillOptions made;
    made.folder = folder / "data" / "backfill";
    made.host = host.url();
    made.asker.peer.private_addresses = true;
    made.asker.backoff.first = made.asker.backoff.longest = std::chrono::milliseconds(1);
    made.asker.tries_max = 2;
    return made;
  }
  /// The sentence it ends with; "": it came to its end.
  std::string run(const BackfillOptions& with) {
    const auto backfill = Backfill::start(*recorder, with).value();
    while (!backfill->wait(std::chrono::milliseconds(1000))) continue;
    status = backfill->status();
    faults = backfill->faults();
    const auto trouble = backfill->trouble();
    return trouble ? trouble->message : "";
  }
  [[nodiscard]] std::uint64_t count(Fault fault) const {
    return status.faults[static_cast<std::size_t>(fault)];
  }
  [[nodiscard]] std::map<std::string, std::string> living() const {
    std::map<std::string, std::string> records;
    for (const log::Event& event : testing::read_all(recorder->log(), {}).events) {
      if (!log::is_record(event.kind)) continue;
      const std::string key = std::string(event.did) + " " + std::string(event.collection) + "/" +
                              std::string(event.rkey);
      records.erase(key);
      if (event.kind != log::Kind::remove) records[key] = to_text(log::cid_of(event));
    }
    return records;
  }
  static std::string post(const std::string& rkey) { return "app.bsky.feed.post/" + rkey; }
  static void put_some(FakeRepoHost& host, const std::vector<std::string>& names) {
    for (const std::string& who : names) {
      host.put(did_of(who), repo_car(did_of(who), 5, {{post("1"), "one"}, {post("2"), "two"}}));
    }
  }
};

TEST_F(BackfillTest, EveryRepoOfAHostIsTakenAndASecondTimeNothingIsNew) {
  FakeRepoHost host;
  put_some(host, {"alice", "bob", "carol", "dave", "erin"});
  EXPECT_EQ(run(options(host)), "");
  EXPECT_EQ(status.done, 5U);
  EXPECT_EQ(status.failed, 0U);
  EXPECT_EQ(status.outcome.appended, 10U);
  EXPECT_EQ(living().size(), 10U);
  for (const log::Event& event : testing::read_all(recorder->log()).events) {
    EXPECT_TRUE(event.has(log::flag::resync));
    EXPECT_EQ(event.source, "backfill");
  }
  EXPECT_EQ(run(options(host)), "");
  EXPECT_EQ(status.done, 5U);
  EXPECT_EQ(status.outcome.appended, 0U);
  EXPECT_EQ(status.outcome.known, 10U);
}

TEST_F(BackfillTest, OnlyNamedReposAreFetchedEachOnce) {
  FakeRepoHost host;
  put_some(host, {"alice", "bob", "carol"});
  BackfillOptions with = options(host);
  with.dids = {did_of("bob"), did_of("alice"), did_of("bob")};
  EXPECT_EQ(run(with), "");
  EXPECT_THAT(host.fetched(), UnorderedElementsAre(did_of("alice"), did_of("bob")));
}

TEST_F(BackfillTest, ReposThatCannotBeTakenAreNamedWithAReasonAndTheOthersAreTaken) {
  std::string damaged = repo_car(did_of("damaged"), 5, {{"app.bsky.feed.post/1", "intact"}});
  damaged[damaged.find("intact")] = 'I';
  FakeRepoHost host([](const net::Request& request) -> std::optional<net::Response> {
    const auto did = request.parameter("did").value_or("");
    if (did == did_of("asleep")) return xrpc_error(400, "RepoDeactivated");
    if (did == did_of("down")) return xrpc_error(400, "RepoTakendown");
    if (did == did_of("broken")) return xrpc_error(500, "InternalServerError");
    if (did == did_of("secret")) return xrpc_error(401, "AuthMissing");
    return std::nullopt;
  });
  put_some(host, {"alice", "asleep", "down", "broken", "secret", "zoe"});
  host.put(did_of("damaged"), damaged);
  host.put(did_of("other"), repo_car(did_of("alice"), 9, {{post("1"), "not yours"}}));
  host.put(did_of("future"), repo_car(did_of("future"), 1'000'000'000, {{post("1"), "soon"}}));
  host.put(did_of("garbage"), "<html>this is no CAR</html>");
  host.put(did_of("huge"), std::string(300'000, 'x'));
  BackfillOptions with = options(host);
  with.repo_bytes_max = 200'000;
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(status.done, 2U);
  EXPECT_EQ(status.failed, 9U);
  EXPECT_EQ(count(Fault::deactivated), 1U);
  EXPECT_EQ(count(Fault::taken_down), 1U);
  EXPECT_EQ(count(Fault::unavailable), 1U);
  EXPECT_EQ(count(Fault::refused), 1U);
  EXPECT_EQ(count(Fault::too_large), 1U);
  EXPECT_EQ(count(Fault::bad_archive), 4U);
  EXPECT_EQ(faults.size(), 9U);
  std::string told;
  for (const RepoFault& one : faults) told += one.did + " " + one.message + "\n";
  EXPECT_THAT(told, HasSubstr("answers 400 RepoDeactivated: as the test wants it"));
  EXPECT_THAT(told, HasSubstr("does not hash to its CID"));
  EXPECT_THAT(told, HasSubstr("has the repo of \"" + did_of("alice")));
  EXPECT_THAT(told, HasSubstr("is of the future"));
  EXPECT_EQ(living().size(), 4U);
}

TEST_F(BackfillTest, AccountsThatAreListedAsInactiveAreNotAskedFor) {
  FakeRepoHost host([](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("listRepos")) return std::nullopt;
    return net::Response{200,
                         "application/json",
                         {},
                         R"({"repos":[{"did":")" + did_of("alice") + R"("},{"did":")" +
                             did_of("bob") +
                             R"(","active":false,"status":"takendown"},{"did":"nonsense"},7]})"};
  });
  put_some(host, {"alice", "bob"});
  EXPECT_EQ(run(options(host)), "");
  EXPECT_THAT(host.fetched(), ElementsAre(did_of("alice")));
  EXPECT_EQ(count(Fault::taken_down), 1U);
  EXPECT_EQ(status.unusable, 2U);
}

TEST_F(BackfillTest, AnAccountThatTheLogKnowsAsDeletedStaysGone) {
  FakeRepoHost host;
  put_some(host, {"alice"});
  (void)recorder->record(testing::batch_of({testing::account_is("alice", "deleted", 1, 1)}));
  EXPECT_EQ(run(options(host)), "");
  EXPECT_EQ(count(Fault::deleted), 1U);
  EXPECT_TRUE(living().empty());
}

TEST_F(BackfillTest, AHostThatSaysNotSoFastIsAskedAgain) {
  std::atomic<int> refusals = 3;
  FakeRepoHost host([&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("getRepo") || refusals-- <= 0) return std::nullopt;
    return xrpc_error(429, "RateLimitExceeded");
  });
  put_some(host, {"alice", "bob"});
  EXPECT_EQ(run(options(host)), "");
  EXPECT_EQ(status.done, 2U);
}

TEST_F(BackfillTest, AHostIsLeftAloneForAsLongAsItWants) {
  std::atomic<bool> refused = false;
  std::atomic<std::int64_t> early = 0;
  std::chrono::steady_clock::time_point refused_at;
  FakeRepoHost host([&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("getRepo")) return std::nullopt;
    if (!refused.exchange(true)) {
      refused_at = std::chrono::steady_clock::now();
      net::Response limited = xrpc_error(429, "RateLimitExceeded");
      limited.headers.push_back({"Retry-After", "1"});
      return limited;
    }
    if (std::chrono::steady_clock::now() - refused_at < std::chrono::milliseconds(900)) ++early;
    return std::nullopt;
  });
  put_some(host, {"alice", "bob", "carol"});
  BackfillOptions with = options(host);
  with.parallel = 1;
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(status.done, 3U);
  EXPECT_EQ(early, 0);
}

TEST_F(BackfillTest, AHostThatWantsALongRestHoldsNoOtherUp) {
  std::atomic<int> asked = 0;
  FakeRepoHost tired([&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("getRepo")) return std::nullopt;
    ++asked;
    net::Response limited = xrpc_error(429, "RateLimitExceeded");
    limited.headers.push_back({"Retry-After", "900"});
    return limited;
  });
  FakeRepoHost good;
  put_some(good, {"zoe"});
  const auto document = [](const std::string& of, const std::string& url) {
    return R"({"id":")" + of + R"(","service":[{"id":"#atproto_pds",)" +
           R"("type":"AtprotoPersonalDataServer","serviceEndpoint":")" + url + R"("}]})";
  };
  BackfillOptions with = options(good);
  with.host = "";
  with.plc = good.url();
  for (const std::string who : {"mallory", "mia", "max"}) {
    good.put_document(did_of(who), document(did_of(who), tired.url()));
    with.dids.push_back(did_of(who));
  }
  good.put_document(did_of("zoe"), document(did_of("zoe"), good.url()));
  with.dids.push_back(did_of("zoe"));
  with.parallel = 1;
  const auto backfill = Backfill::start(*recorder, with).value();
  for (int i = 0; i < 200 && backfill->status().done == 0; ++i)
    EXPECT_FALSE(backfill->wait(std::chrono::milliseconds(100)));
  EXPECT_EQ(backfill->status().done, 1U);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(backfill->status().failed, 0U) << "they are asked again later";
}

TEST(BackfillPause, IsReadFromEitherHeaderAndForm) {
  const auto pause = [](const std::string& name, const std::string& value) {
    return wanted_pause({{name, value}}, 1'800'000'000).count();
  };
  EXPECT_EQ(pause("Retry-After", "120"), 120);
  EXPECT_EQ(pause("Retry-After", "Fri, 15 Jan 2027 08:01:00 GMT"), 60);
  EXPECT_EQ(pause("RateLimit-Reset", "7"), 7);
  EXPECT_EQ(pause("RateLimit-Reset", "1800000030"), 30);
  EXPECT_EQ(pause("RateLimit-Reset", "1700000000"), 0);
  EXPECT_EQ(pause("Retry-After", "-5"), 0);
  EXPECT_EQ(pause("Retry-After", "soon"), 0);
  EXPECT_EQ(pause("Date", "120"), 0);
}

/// A listing as the test writes it: `page` is given the cursor.
FakeRepoHost::Instead listing_of(std::function<std::string(const std::string& cursor)> page) {
  return [page = std::move(page)](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("listRepos")) return std::nullopt;
    return net::Response{
        200, "application/json", {}, page(std::string(request.parameter("cursor").value_or("")))};
  };
}

TEST_F(BackfillTest, AListingThatDoesNotGoOnEndsIt) {
  const auto number = [](const std::string& cursor) { return cursor.empty() ? 0 : stoi(cursor); };
  const auto page = [](int next, const std::string& repos) {
    return R"({"cursor":")" + std::to_string(next) + R"(","repos":[)" + repos + "]}";
  };
  const std::string alice = R"({"did":")" + did_of("alice") + "\"}";
  FakeRepoHost same(listing_of([&](const std::string&) { return page(1, ""); }));
  EXPECT_THAT(run(options(same)), HasSubstr("the same cursor again, \"1\""));
  FakeRepoHost circle(
      listing_of([&](const std::string& cursor) { return page((number(cursor) + 1) % 3, ""); }));
  EXPECT_THAT(run(options(circle)), HasSubstr("goes round in circles"));
  FakeRepoHost empty(
      listing_of([&](const std::string& cursor) { return page(number(cursor) + 1, ""); }));
  EXPECT_THAT(run(options(empty)), HasSubstr("without anything new"));
  FakeRepoHost always_alice(
      listing_of([&](const std::string& cursor) { return page(number(cursor) + 1, alice); }));
  EXPECT_THAT(run(options(always_alice)), HasSubstr("without anything new"));
  EXPECT_LE(always_alice.fetched().size(), 1U);
}

TEST_F(BackfillTest, AListingThatIsNoneEndsIt) {
  FakeRepoHost garbage(listing_of([](const std::string&) { return "<html>"; }));
  EXPECT_THAT(run(options(garbage)), HasSubstr("is not JSON"));
  FakeRepoHost other(listing_of([](const std::string&) { return R"({"repos":{}})"; }));
  EXPECT_THAT(run(options(other)), HasSubstr("has no array \"repos\""));
  FakeRepoHost endless(listing_of([](const std::string&) { return std::string(9'000'000, ' '); }));
  EXPECT_THAT(run(options(endless)), HasSubstr("body limit"));
  FakeRepoHost long_cursor(listing_of([](const std::string&) {
    return R"({"repos":[],"cursor":")" + std::string(100'000, 'c') + "\"}";
  }));
  EXPECT_THAT(run(options(long_cursor)), HasSubstr("a cursor of 100000 bytes"));
}

TEST_F(BackfillTest, ARelayMaySendUsToTheHostButNotRoundInCircles) {
  FakeRepoHost pds;
  put_some(pds, {"alice", "bob"});
  FakeRepoHost relay([&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("getRepo")) return std::nullopt;
    const std::string did(request.parameter("did").value_or(""));
    const std::string host = did == did_of("alice") ? pds.url() : "";
    return net::Response{302, "", {{"Location", host + request.path + "?did=" + did}}, ""};
  });
  put_some(relay, {"alice", "bob"});
  EXPECT_EQ(run(options(relay)), "");
  EXPECT_EQ(status.done, 1U);
  EXPECT_EQ(count(Fault::bad_answer), 1U);
  EXPECT_THAT(faults[0].message, HasSubstr("redirected more than 5 times"));
}

TEST_F(BackfillTest, HostsOfThisMachineAreRefusedUnlessAllowed) {
  FakeRepoHost host;
  put_some(host, {"alice"});
  BackfillOptions with = options(host);
  with.asker.peer.private_addresses = false;
  EXPECT_NE(run(with), "");
  EXPECT_TRUE(host.asked().empty());
  // The same for one that a document names.
  host.put_document(did_of("alice"), "{}");
  with.host = "";
  with.plc = host.url();
  with.dids = {did_of("alice")};
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(status.failed, 1U);
  EXPECT_TRUE(host.asked().empty());
}

TEST_F(BackfillTest, HostsAreFoundInTheDocumentsOfTheirDids) {
  FakeRepoHost host;
  put_some(host, {"alice", "bob", "carol", "dave"});
  const auto document = [&](const std::string& of, const std::string& url) {
    return R"({"id":")" + of + R"(","verificationMethod":[{"id":")" + of +
           R"(#atproto","type":"EcdsaSecp256k1VerificationKey2019","controller":")" + of +
           R"(","publicKeyMultibase":"zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsom"}],)"
           R"("service":[{"id":"#x","type":"X","serviceEndpoint":"https://x.example"},)"
           R"({"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":")" +
           url + R"("}]})";
  };
  host.put_document(did_of("alice"), document(did_of("alice"), host.url()));
  host.put_document(did_of("bob"), document(did_of("alice"), host.url()));
  host.put_document(did_of("carol"), document(did_of("carol"), "ftp://example.com"));
  const std::string web = "did:web:localhost%3A" + host.url().substr(host.url().rfind(':') + 1);
  host.put(web, repo_car(web, 5, {{post("1"), "one"}}));
  host.put_document(".well-known/did.json", document(web, host.url()));
  BackfillOptions with = options(host);
  with.host = "";
  with.plc = host.url();
  with.dids = {did_of("alice"), did_of("bob"), did_of("carol"),   did_of("dave"),
               "did:key:abc",   web,           "did:web:a.b:path"};
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(status.done, 2U);
  EXPECT_EQ(count(Fault::no_host), 5U);
  EXPECT_THAT(host.fetched(), UnorderedElementsAre(did_of("alice"), web));
  EXPECT_EQ(status.drops[Drop::old_document], 3U) << "of alice, carol and the one on the web";
}

TEST_F(BackfillTest, OnlyTheCollectionsThatAreWantedAreTaken) {
  FakeRepoHost host;
  const std::string who = did_of("alice");
  host.put(who, repo_car(who, 5, {{post("1"), "one"}, {"app.bsky.feed.like/1", "liked"}}));
  put_some(host, {"bob"});
  BackfillOptions with = options(host);
  with.collections = {"app.bsky.feed.like"};
  // It serves no lists by collection: all repos are looked at.
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(host.fetched().size(), 2U);
  EXPECT_EQ(living().size(), 1U);
  EXPECT_EQ(status.drops[Drop::out_of_scope], 3U);
  // It does.
  host.put_collection("app.bsky.feed.like", {who});
  host.forget();
  EXPECT_EQ(run(with), "");
  EXPECT_THAT(host.fetched(), ElementsAre(who));
  // A pattern is nothing that a host could list.
  host.forget();
  with.collections = {"app.bsky.*"};
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(host.fetched().size(), 2U);
  EXPECT_EQ(living().size(), 4U);
}

TEST_F(BackfillTest, ARepoThatWasToBeFetchedNoLongerIs) {
  FakeRepoHost host;
  put_some(host, {"alice"});
  testing::TestDraft sync = testing::draft_of(log::Kind::sync, "alice");
  sync.draft.rev = testing::rev(4);
  (void)recorder->record(testing::batch_of({sync}));
  ASSERT_THAT(index::repos_to_fetch(recorder->log(), 9).value(), ElementsAre(did_of("alice")));
  BackfillOptions with = options(host);
  with.dids = index::repos_to_fetch(recorder->log(), 9).value();
  EXPECT_EQ(run(with), "");
  EXPECT_TRUE(index::repos_to_fetch(recorder->log(), 9).value().empty());
}

TEST_F(BackfillTest, ARepoOfWhichSomeCollectionsAreTakenIsStillToBeFetched) {
  FakeRepoHost host;
  put_some(host, {"alice"});
  testing::TestDraft sync = testing::draft_of(log::Kind::sync, "alice");
  sync.draft.rev = testing::rev(4);
  (void)recorder->record(testing::batch_of({sync}));
  BackfillOptions with = options(host);
  with.dids = {did_of("alice")};
  with.collections = {"app.bsky.graph.follow"};
  EXPECT_EQ(run(with), "");
  EXPECT_THAT(index::repos_to_fetch(recorder->log(), 9).value(), ElementsAre(did_of("alice")));
}

TEST_F(BackfillTest, GoesOnWhereItWasStopped) {
  std::vector<std::string> names;
  for (int n = 0; n < 20; ++n) names.push_back("person" + std::to_string(n));
  std::atomic<Backfill*> running = nullptr;
  std::atomic<int> answered = 0;
  FakeRepoHost host([&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("getRepo") || ++answered != 10) return std::nullopt;
    while (running == nullptr) std::this_thread::yield();
    running.load()->stop();
    return std::nullopt;
  });
  put_some(host, names);
  BackfillOptions with = options(host);
  with.parallel = 1;
  {
    const auto backfill = Backfill::start(*recorder, with).value();
    running = backfill.get();
    while (!backfill->wait(std::chrono::milliseconds(1000))) continue;
    EXPECT_TRUE(backfill->trouble().has_value());
    status = backfill->status();
  }
  const std::uint64_t before = status.done;
  EXPECT_GE(before, 8U);
  EXPECT_LT(before, 20U);
  host.forget();
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(status.done, 20U);
  EXPECT_EQ(status.before, before);
  EXPECT_EQ(host.fetched().size(), 20U - before);
  EXPECT_EQ(living().size(), 40U);
  // It has come to its end: the next one begins anew.
  host.forget();
  EXPECT_EQ(run(with), "");
  EXPECT_EQ(host.fetched().size(), 20U);
}

TEST_F(BackfillTest, OneOfAKindRunsAtATime) {
  FakeRepoHost host;
  put_some(host, {"alice"});
  const auto one = Backfill::start(*recorder, options(host)).value();
  const auto two = Backfill::start(*recorder, options(host));
  ASSERT_TRUE(two.has_error());
  EXPECT_EQ(two.error().code, Errc::busy);
}

TEST_F(BackfillTest, WhatMakesNoSenseIsRefused) {
  FakeRepoHost host;
  const auto refused = [&](const std::function<void(BackfillOptions&)>& change) {
    BackfillOptions with = options(host);
    change(with);
    const auto started = Backfill::start(*recorder, with);
    return started.has_error() ? started.error().message : "";
  };
  EXPECT_THAT(refused([](auto& with) { with.host = ""; }), HasSubstr("nothing is named"));
  EXPECT_THAT(refused([](auto& with) { with.host = "wss://x.example"; }),
              HasSubstr("https or http"));
  EXPECT_THAT(refused([](auto& with) { with.dids = {"alice"}; }), HasSubstr("is no DID"));
  EXPECT_THAT(refused([](auto& with) { with.parallel = 0; }), HasSubstr("1 to 64"));
  EXPECT_THAT(refused([](auto& with) { with.collections = {"nonsense"}; }), HasSubstr("nonsense"));
}

}  // namespace
}  // namespace refold::ingest
