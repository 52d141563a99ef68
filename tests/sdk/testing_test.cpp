// What tests of projections stand on: the log in memory, the host, and what a change tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/atproto/cid.h"
#include "tests/sdk/likes.h"

namespace refold {
namespace {

using test::alice;
using test::bob;
using test::first_post;
using test::like_of;
using test::likes;
using test::Likes;
using test::second_post;
using ::testing::ElementsAre;
using testing::Fold;
using ::testing::HasSubstr;
using testing::TestLog;

/// "added" or the like, then the previous version's state and text, then the record's text.
std::string told(const refold_event& event) {
  const auto text_in = [](refold_bytes bytes) -> std::string {
    if (bytes.size == 0) return "-";
    return std::string(Value::unchecked(detail::bytes_of(bytes)).text().value_or("?"));
  };
  const char* const changes[] = {"unchanged", "added", "replaced", "removed"};
  const char* const states[] = {"none", "known", "unknown"};
  std::string flags;
  if ((event.flags & REFOLD_LATE) != 0) flags += " late";
  if ((event.flags & REFOLD_NO_DIFFERENCE) != 0) flags += " no-difference";
  return std::string(changes[event.change]) + " " + states[event.previous_state] + " " +
         text_in(event.previous) + " " + text_in(event.record) + flags;
}

TEST(TestLog, DerivesChangesAsTheEngineDoes) {
  TestLog log;
  const auto last = [&log] { return told(log.back()); };
  EXPECT_EQ((log.create("d", "c", "r", "1"), last()), "added none - 1");
  EXPECT_EQ((log.create("d", "c", "r", "2"), last()), "replaced known 1 2");
  EXPECT_EQ((log.update("d", "c", "r", "3"), last()), "replaced known 2 3");
  EXPECT_EQ((log.update("d", "c", "r", "3"), last()), "unchanged known 3 3 no-difference");
  EXPECT_EQ((log.remove("d", "c", "r"), last()), "removed known 3 -");
  EXPECT_EQ((log.remove("d", "c", "r"), last()), "unchanged none - - no-difference");
  EXPECT_EQ((log.update("d", "c", "r", "4"), last()), "added none - 4");
  EXPECT_EQ((log.late().update("d", "c", "r", "0"), last()), "unchanged none - 0 late");
  EXPECT_EQ((log.create_without_record("d", "c", "r"), last()), "removed known 4 -");
  EXPECT_EQ((log.create_without_record("d", "c", "r"), last()), "unchanged unknown - -");
  EXPECT_EQ((log.update("d", "c", "r", "5"), last()), "added unknown - 5");
  EXPECT_EQ((log.remove("d", "c", "other"), last()), "removed unknown - -");
  EXPECT_EQ((log.late().update("d", "c", "new", "6"), last()), "added none - 6");
}

TEST(TestLog, ADeletedAccountLosesItsRecordsFirst) {
  TestLog log;
  log.create("d", "c", "2", "two").create("d", "c", "1", "one").create("other", "c", "1", "one");
  log.create("d", "c", "3", "three").remove("d", "c", "3").account("d", false, "deactivated");
  ASSERT_EQ(log.size(), 6U);
  log.late().account("d", false, "deleted");
  ASSERT_EQ(log.size(), 9U);
  EXPECT_EQ(told(log[6]), "removed known two -");
  EXPECT_EQ(told(log[7]), "removed known one -");
  EXPECT_EQ(log[8].kind, REFOLD_ACCOUNT);
  log.update("other", "c", "1", "older");
  EXPECT_EQ(told(log.back()), "unchanged none - older late");
}

TEST(TestLog, ACopyNeedsNothingOfTheOriginal) {
  const TestLog log = TestLog().create(alice, likes, "3k", std::string(100, 'x'));
  EXPECT_EQ(detail::text_of(log[0].did), alice);
  EXPECT_EQ(told(log[0]), "added none - " + std::string(100, 'x'));
}

TEST(TestLog, TimeGoesByAsItIsTold) {
  TestLog log;
  log.identity(alice).pass(std::chrono::days(1)).create(alice, likes, "3k", like_of(first_post));
  log.identity(alice);
  EXPECT_EQ(log[1].witness_us - log[0].witness_us, 86'401'000'000);
  EXPECT_EQ(log[1].rev >> 10, static_cast<std::uint64_t>(log[1].commit_us));
  EXPECT_EQ(log[2].witness_us - log[1].witness_us, 1'000'000);
}

TEST(TestLog, HasTheCidsOfTheRealOne) {
  for (std::size_t size = 0; size < 200; ++size) {
    const Bytes bytes(size, std::uint8_t{0xa5});
    EXPECT_EQ(Cid::of_record(bytes).bytes, atproto::to_bytes(atproto::cid_of(bytes)));
  }
}

/// Whatever a projection is told of a change, as text.
struct Tells : Projection {
  static constexpr Manifest manifest{.name = "tells", .history = true};
  Table<std::uint64_t, std::string> told{*this, "told"};
  void apply(const RecordChange& change) {
    std::string text = change.uri().text() + " " + std::to_string(int(change.what())) + " " +
                       std::to_string(int(change.action())) + " rev " + change.rev().text();
    text += " witnessed " + to_text(change.witness_time());
    text += " committed " + to_text(change.commit_time().value());
    text += change.cid() ? " " + change.cid()->text() : " no cid";
    text += change.record<test::Like>() ? " like" : " no like";
    text += change.previous<test::Like>() ? " like" : " no like";
    text += change.previous_known() ? "" : " unknown";
    text += " of " + std::to_string(change.previous_seq());
    if (change.late()) text += " late";
    if (change.no_difference()) text += " no-difference";
    if (change.live() && change.verified() && !change.redacted()) text += " live";
    told.put(change.seq(), text);
  }
};

TEST(RecordChange, TellsWhatHappened) {
  TestLog log;
  log.create(alice, likes, "3k", like_of(first_post));
  log.remove(alice, likes, "3k");
  log.remove(bob, likes, "3k");
  Fold<Tells> fold;
  fold.apply(log);
  const std::string uri = "at://did:plc:alice/app.bsky.feed.like/3k";
  const Bytes record = like_of(first_post).bytes();
  EXPECT_EQ(fold->told.get(1),
            uri + " 1 1 rev " + Tid{log[0].rev}.text() +
                " witnessed 2026-01-01T00:00:01.000000Z committed 2026-01-01T00:00:00.999000Z " +
                Cid::of_record(record).text() + " like no like of 0 live");
  EXPECT_EQ(fold->told.get(2),
            uri + " 3 3 rev " + Tid{log[1].rev}.text() +
                " witnessed 2026-01-01T00:00:02.000000Z committed 2026-01-01T00:00:01.999000Z no "
                "cid no like like of 1 live");
  EXPECT_THAT(fold->told.get(3).value(), HasSubstr("no like no like unknown of 0"));
}

TEST(RecordChange, RecordsThatDoNotDecodeAreToldOfNowAndThen) {
  TestLog log;
  for (int i = 0; i < 5; ++i) {
    log.create(alice, likes, std::to_string(i), testing::object({{"subject", i}}));
  }
  Fold<Likes> fold;
  fold.apply(log);
  EXPECT_EQ(fold.rows("counts").size(), 0U);
  EXPECT_THAT(fold.lines(),
              ElementsAre("the record of at://did:plc:alice/app.bsky.feed.like/0 (event 1) is no "
                          "refold::test::Like: 'subject' is no object (1 so far)",
                          HasSubstr("(2 so far)"), HasSubstr("(4 so far)")));
}

/// Keeps in memory what belongs into a table.
struct Forgets : Projection {
  static constexpr Manifest manifest{.name = "forgets"};
  Table<std::uint64_t, bool> seen{*this, "seen"};
  std::uint64_t events = 0;
  void apply(const RecordChange& change) { seen.put(change.seq(), ++events > 0); }
  std::uint64_t count() const { return events; }
  Query count_query{*this, "count", "of this instance", &Forgets::count};
};

TEST(Fold, AnInstanceOfItsOwnAnswersAQuery) {
  TestLog log;
  log.create(alice, likes, "1", like_of(first_post));
  Fold<Forgets> fold;
  fold.apply(log);
  EXPECT_EQ(fold->events, 1U);
  EXPECT_EQ(fold.query("count"), "0");
}

TEST(Fold, ShowsRowsAndAnswers) {
  TestLog log;
  log.create(alice, likes, "1", like_of(first_post));
  log.create(bob, likes, "1", like_of(first_post));
  log.create(bob, likes, "2", like_of(second_post));
  Fold<Likes> fold;
  fold.apply(log);
  EXPECT_THAT(fold.rows("counts"),
              ElementsAre("{\"key\":\"" + std::string(first_post) + "\",\"row\":2}",
                          "{\"key\":\"" + std::string(second_post) + "\",\"row\":1}"));
  EXPECT_EQ(fold->counts.get(first_post), 2U);
  EXPECT_EQ(fold.query("count", {{"uri", first_post}}), "2");
  log.remove(bob, likes, "2");
  fold.apply(log);
  EXPECT_EQ(fold.rows("counts").size(), 1U);
  EXPECT_THROW(static_cast<void>(fold.rows("others")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fold.query("others")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fold.query("count")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(fold.query("count", {{"uri", "no uri"}})), std::runtime_error);
}

/// Misbehaves as its record key says.
struct Misbehaves : Projection {
  static constexpr Manifest manifest{.name = "misbehaves"};
  Table<std::string, std::string> texts{*this, "texts"};
  void apply(const RecordChange& change) {
    texts.put("before", "x");
    if (change.rkey() == "large-row") texts.put("x", std::string(3'000'000, 'x'));
    if (change.rkey() == "account") static_cast<void>(account(alice));
    if (change.rkey() == "writes") {
      texts.scan([this](const std::string&) { texts.put("x", "y"); });
    }
  }
  std::string write() {
    texts.put("x", "y");
    return "written";
  }
  Query write_query{*this, "write", "writes", &Misbehaves::write};
};

TEST(MemoryHost, RefusesWhatTheEngineRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"large-row", "a row of 3000004 bytes"},
      {"account", "account() needs REFOLD_ACCOUNT_STATUS"},
      {"writes", "a table was changed during a scan"}};
  for (const auto& [rkey, why] : cases) {
    TestLog log;
    log.create(alice, "a.b.c", rkey, "x");
    Fold<Misbehaves> fold;
    try {
      fold.apply(log);
      FAIL() << rkey;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), why);
    }
    EXPECT_EQ(fold.rows("texts").size(), 0U) << "what it did before is taken back";
  }
  Fold<Misbehaves> fold;
  EXPECT_THROW(static_cast<void>(fold.query("write")), std::runtime_error);
}

TEST(MemoryHost, RefusesKeysOutOfBounds) {
  testing::MemoryHost host(1, {});
  const refold_host* const abi = host.abi();
  const std::string longest(REFOLD_KEY_MAX, 'k');
  refold_bytes row{};
  EXPECT_EQ(abi->put(abi, 0, {"k", 1}, {}), REFOLD_FAILED) << "outside of a call";
  host.begin(testing::MemoryHost::Call::apply);
  EXPECT_EQ(abi->put(abi, 0, {longest.data(), longest.size()}, {}), REFOLD_OK);
  EXPECT_EQ(abi->put(abi, 0, {}, {}), REFOLD_FAILED);
  EXPECT_EQ(abi->get(abi, 0, {longest.data(), longest.size() + 1}, &row), REFOLD_FAILED);
  EXPECT_EQ(host.failure(), "a key of 8193 bytes");
  EXPECT_EQ(abi->put(abi, 1, {"k", 1}, {}), REFOLD_FAILED);
  EXPECT_EQ(host.failure(), "there is no table 1");
}

TEST(MemoryHost, ARowThatIsKeptTooLongIsSpoiled) {
  testing::MemoryHost host(1, {});
  const refold_host* const abi = host.abi();
  host.begin(testing::MemoryHost::Call::apply);
  refold_bytes row{};
  ASSERT_EQ(abi->put(abi, 0, {"k", 1}, {"row", 3}), REFOLD_OK);
  ASSERT_EQ(abi->get(abi, 0, {"k", 1}, &row), REFOLD_OK);
  EXPECT_EQ(detail::text_of(row), "row");
  ASSERT_EQ(abi->put(abi, 0, {"l", 1}, {}), REFOLD_OK);
  EXPECT_EQ(detail::text_of(row), "\xdd\xdd\xdd");
}

struct Accounts : Projection {
  static constexpr Manifest manifest{.name = "accounts", .account_status = true};
  Table<std::uint64_t, std::string> seen{*this, "seen"};
  void apply(const RecordChange& change) {
    const Account now = account(change.did());
    seen.put(change.seq(),
             (now.known ? "known " : "unknown ") + std::string(now.active ? "active" : now.status));
  }
};

TEST(Projection, KnowsWhatAnAccountWasJustBefore) {
  TestLog log;
  log.create(alice, "a.b.c", "1", "x");
  log.account(alice, false, "deactivated");
  log.create(alice, "a.b.c", "2", "x");
  log.account(alice, true);
  log.create(alice, "a.b.c", "3", "x");
  Fold<Accounts> fold;
  fold.apply(log);
  EXPECT_EQ(fold->seen.get(1), "unknown active");
  EXPECT_EQ(fold->seen.get(3), "known deactivated");
  EXPECT_EQ(fold->seen.get(5), "known active");
}

std::vector<std::size_t> calls;
refold_result noted_call(void*, const refold_host*, const refold_event*, std::size_t count) {
  calls.push_back(count);
  return REFOLD_OK;
}

TEST(Runner, ACallEndsOnlyWithTheBatchOrWhereAnAccountChanges) {
  TestLog log;
  log.create(alice, "a.b.c", "1", "x").account(alice, false, "deactivated");
  log.create(alice, "a.b.c", "2", "x").create(alice, "a.b.c", "3", "x").account(alice, true);
  log.create(alice, "a.b.c", "4", "x").create(alice, "a.b.c", "5", "x").identity(alice);
  const auto declared = detail::Declaration::of<Accounts>();
  refold_projection projection = declared->projection();
  projection.apply = &noted_call;
  testing::Runner runner(projection);
  calls.clear();
  EXPECT_TRUE(runner.apply(log, 0, log.size()).ok());
  EXPECT_THAT(calls, ElementsAre(1, 2, 2));
}

struct Options : Projection {
  static constexpr Manifest manifest{.name = "options"};
  Option<bool> strict{*this, {.name = "strict", .fallback = true}};
  Option<std::uint8_t> least{*this, {.name = "least", .fallback = 7}};
  Option<Time> since{*this, {.name = "since", .fallback = "2026-01-31T12:00:00Z"}};
  Option<Did> owner{*this, {.name = "owner", .fallback = "did:plc:a"}};
  Option<std::optional<Nsid>> only{*this, {.name = "only"}};
  Table<std::string, std::string> table{*this, "table"};
  void apply(const RecordChange&) {
    table.put("all", std::string(*strict ? "strict" : "lax") + " " + std::to_string(*least) + " " +
                         to_text(*since) + " " + owner->text() + " " +
                         (*only ? (*only)->text() : "all"));
  }
};

TEST(Option, HasItsFallbackOrWhatWasGiven) {
  TestLog log;
  log.create(alice, "a.b.c", "1", "x");
  Fold<Options> fold;
  fold.apply(log);
  EXPECT_EQ(fold->table.get("all"), "strict 7 2026-01-31T12:00:00.000000Z did:plc:a all");
  Fold<Options> other({{"strict", "false"},
                       {"least", "255"},
                       {"since", "2026-01-01T00:00:00Z"},
                       {"owner", "did:plc:b"},
                       {"only", "a.b.c"}});
  other.apply(log);
  EXPECT_EQ(other->table.get("all"), "lax 255 2026-01-01T00:00:00.000000Z did:plc:b a.b.c");
  EXPECT_THROW(Fold<Options>(testing::Values{{"least", "256"}}), std::invalid_argument)
      << "the type's own range";
  EXPECT_THROW(Fold<Options>(testing::Values{{"owner", "alice"}}), std::runtime_error);
}

struct Asking : Projection {
  std::string both(std::string_view text, const std::optional<Did>& did) const {
    return std::string(text) + "|" + (did ? did->text() : "nobody");
  }
};
/// Its query is a function of its base.
struct Asked : Asking {
  static constexpr Manifest manifest{.name = "asked"};
  void apply(const RecordChange& /*change*/) {}
  Query both_query{
      *this, "both", "both arguments", &Asked::both, {{.name = "text"}, {.name = "did"}}};
};

TEST(Query, TakesItsParametersByTheirTypes) {
  Fold<Asked> fold;
  EXPECT_EQ(fold.query("both", {{"text", "x"}}), "\"x|nobody\"");
  EXPECT_EQ(fold.query("both", {{"text", ""}, {"did", "did:plc:a"}}), "\"|did:plc:a\"");
  EXPECT_THROW(static_cast<void>(fold.query("both", {{"text", std::string(8193, 'x')}})),
               std::invalid_argument);
}

TEST(Projection, InstancesLiveOnDifferentThreadsAtTheSameTime) {
  TestLog log;
  for (int i = 0; i < 200; ++i) {
    log.create(alice, likes, std::to_string(i), like_of(i % 2 == 0 ? first_post : second_post));
  }
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log, &right] {
      for (int round = 0; round < 20; ++round) {
        Fold<Likes> fold;
        fold.apply(log);
        right += fold.query("count", {{"uri", first_post}}) == "100" ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
}

TEST(Json, WritesWhatTheHeaderSays) {
  EXPECT_EQ(to_json(std::string("a\"\\\n\x01\xff")), "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD\"");
  EXPECT_EQ(to_json(1.5), "1.5");
  EXPECT_EQ(to_json(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(to_json(std::vector<int>{}), "[]");
  EXPECT_EQ(to_json(std::map<std::string, int>{}), "{}");
  EXPECT_EQ(to_json(std::map<Did, int>{{Did(std::string("did:a:b")), 1}}), "{\"did:a:b\":1}");
  EXPECT_EQ(to_json(std::map<int, int>{{1, 2}}), "[[1,2]]");
  EXPECT_EQ(to_json(std::tuple(1, true, std::optional<int>())), "[1,true,null]");
  EXPECT_EQ(to_json(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(to_json(Tid{}), "\"2222222222222\"");
  EXPECT_EQ(to_json(Time{}), "\"1970-01-01T00:00:00.000000Z\"");
  EXPECT_EQ(to_json(Bytes{1}), "{\"$bytes\":\"AQ\"}");
  EXPECT_EQ(to_json(StrongRef{AtUri(std::string("at://did:a:b")), "x"}),
            R"({"uri":"at://did:a:b","cid":"x"})");
  EXPECT_EQ(to_json(Blob{{}, "a/b", std::nullopt}).substr(0, 8), R"({"cid":")");
  EXPECT_EQ(to_json(Blob{{}, "a/b", 4}).substr(0, 33), R"({"$type":"blob","ref":{"$link":"b)");
}

}  // namespace
}  // namespace refold
