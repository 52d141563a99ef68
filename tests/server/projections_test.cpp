#include "tests/server/fixture.h"

namespace refold::server {
namespace {

constexpr const char* alice = "alice";

struct ProjectionsApi : ServerTest {
  ProjectionsApi() {
    post_some(alice, 5);
    load("tally");
    load("latest");
    catch_up("tally");
    catch_up("latest");
  }
};

TEST_F(ProjectionsApi, TheListHasEachWithItsStateAndTheLogsEnd) {
  serve();
  const auto all = json(get("/projections"));
  EXPECT_EQ(std::uint64_t(all["log_last"]), last());
  EXPECT_EQ(all["projections"].get_array().size(), 2U);
  EXPECT_EQ(text_of(all["projections"].at(0)["projection"]), "\"latest\"");
  EXPECT_EQ(std::uint64_t(all["projections"].at(1)["generations"].at(0)["seq"]), last());
}

TEST_F(ProjectionsApi, OneIsShownWithItsTables) {
  serve();
  become_live("tally");
  const auto response = get("/projections/tally");
  EXPECT_EQ(header(response, "Refold-Seq"), std::to_string(last()));
  const auto one = json(response);
  EXPECT_EQ(text_of(one["state"]), "\"live\"");
  EXPECT_EQ(text_of(one["generations"].at(0)["tables"].at(0)["name"]), "\"rows\"");
  EXPECT_THAT(get("/projections/nobody"), Refuses(404, "nobody"));
}

TEST_F(ProjectionsApi, AQueryIsAnsweredAsThePluginSaysWithTheSeqInAHeader) {
  serve();
  const auto response = get("/projections/tally/query/count?key=app.bsky.feed.post");
  EXPECT_EQ(response.status, 200U) << response.body;
  EXPECT_EQ(response.body, "5");
  EXPECT_EQ(header(response, "Refold-Seq"), std::to_string(last()));
  EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  EXPECT_THAT(get("/projections/tally/query/cuont?key=x"), Refuses(404, "count"));
  EXPECT_THAT(get("/projections/tally/query/count?kye=x"), Refuses(400, "kye"));
  EXPECT_THAT(get("/projections/tally/query/count?key=x&generation=9"), Refuses(404, "generation"));
}

TEST_F(ProjectionsApi, EveryRowOfATableIsOnOnePageWhicheverWayItIsRead) {
  serve();
  for (const std::string direction : {"", "&backwards=true"}) {
    std::vector<std::string> rows;
    std::string from;
    for (int pages = 0; pages < 10; ++pages) {
      const auto page = json(get("/projections/latest/tables/rows?limit=2" + direction + from));
      for (const auto row : page["rows"].get_array()) rows.push_back(text_of(row));
      if (page["next"].is_null()) break;
      from = "&from=" + std::string(page["next"].get_string().value());
    }
    EXPECT_EQ(rows.size(), 5U) << direction;
    auto sorted = rows;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end()) << direction;
    if (!direction.empty()) std::reverse(rows.begin(), rows.end());
    EXPECT_EQ(rows, good(at("latest").rows("rows", {}, projection::within_time(), 0)));
  }
  EXPECT_THAT(get("/projections/latest/tables/rows?from=xyz"), Refuses(400, "'next'"));
  EXPECT_THAT(get("/projections/latest/tables/rows?limit=0"), Refuses(400, "limit"));
  EXPECT_THAT(get("/projections/latest/tables/rows?limit=10001"), Refuses(400, "10000"));
  EXPECT_THAT(get("/projections/latest/tables/nothing"), Refuses(404, "rows"));
}

TEST_F(ProjectionsApi, AMappedNsidIsTheQueryAndErrorsAreThoseOfXrpc) {
  server_options.xrpc = {{"com.example.count", "tally", "count"}};
  serve();
  EXPECT_EQ(get("/xrpc/com.example.count?key=app.bsky.feed.post").body, "5");
  EXPECT_THAT(get("/xrpc/com.example.count"), Refuses(400, R"("error":"InvalidRequest")"));
  EXPECT_THAT(get("/xrpc/com.example.other"), Refuses(501, R"("error":"MethodNotImplemented")"));
}

TEST_F(ProjectionsApi, OptionsThatChangeAtRunTimeHoldForTheNextRequest) {
  serve();
  EXPECT_THAT(get("/xrpc/com.example.count?key=x"), Refuses(501, "com.example.count"));
  server_options.xrpc = {{"com.example.count", "tally", "count"}};
  server->configure(server_options);
  EXPECT_EQ(get("/xrpc/com.example.count?key=app.bsky.feed.post").body, "5");
}

TEST_F(ProjectionsApi, MinSeqAnswersWithTheEffectOfThatEvent) {
  serve();
  const log::Seq wanted = last() + 1;
  const auto heard = begin(request("GET",
                                   "/projections/tally/query/count?key=app.bsky.feed.post&"
                                   "min_seq=" +
                                       std::to_string(wanted)));
  EXPECT_FALSE(heard->answered());
  post_some(alice, 1, 6);
  const auto response = heard->wait();
  EXPECT_EQ(response.body, "6");
  EXPECT_EQ(header(response, "Refold-Seq"), std::to_string(wanted));
}

TEST_F(ProjectionsApi, MinSeqIsGivenUpAtTheDeadlineWithThePositionInTheSentence) {
  serve();
  EXPECT_THAT(get("/projections/tally?min_seq=1000&timeout=0.02"),
              Refuses(504, "is at seq 5, not at 1000 yet"));
  EXPECT_THAT(get("/projections/tally?min_seq=1000&timeout=0"), Refuses(504, "not at 1000"));
  EXPECT_THAT(get("/projections/tally?min_seq=1000&timeout=61"), Refuses(400, "60 seconds"));
  EXPECT_THAT(get("/projections/tally?min_seq=-1"), Refuses(400, "whole number"));
  EXPECT_THAT(get("/projections/nobody?min_seq=1"), Refuses(404, "nobody"));
  EXPECT_EQ(server->waiters().waiting(), 0U);
}

TEST_F(ProjectionsApi, WhoWaitsForWhatStandsStillIsToldSoAtOnce) {
  good(at("tally").pause());
  serve();
  EXPECT_THAT(get("/projections/tally?min_seq=1000&timeout=20"), Refuses(503, "paused"));
}

TEST_F(ProjectionsApi, AThousandWaitOnNoThreadOfTheirOwn) {
  serve();
  const log::Seq wanted = last() + 1;
  std::vector<std::shared_ptr<Heard>> all;
  for (int at = 0; at < 1000; ++at) {
    all.push_back(begin(request("GET", "/projections/tally?min_seq=" + std::to_string(wanted))));
  }
  EXPECT_EQ(server->waiters().waiting(), 1000U);
  // More than the lanes have threads, and others are answered meanwhile.
  EXPECT_EQ(get("/projections/tally/query/count?key=app.bsky.feed.post").body, "5");
  post_some(alice, 1, 6);
  for (const auto& one : all) EXPECT_EQ(one->wait().status, 200U);
  EXPECT_EQ(server->waiters().waiting(), 0U);
}

TEST_F(ProjectionsApi, AServerThatGoesTellsThoseWhoWait) {
  serve();
  const auto heard = begin(request("GET", "/projections/tally?min_seq=1000&timeout=60"));
  server.reset();
  EXPECT_THAT(heard->wait(), Refuses(503, "stopping"));
}

TEST_F(ProjectionsApi, ASlowProjectionDoesNotKeepTheOthersWaiting) {
  load("nothing");
  catch_up("nothing");
  serve();
  projection::calls().query_pause_ms = 200;
  std::vector<std::shared_ptr<Heard>> slow;
  for (int at = 0; at < 600; ++at)
    slow.push_back(begin(request("GET", "/projections/tally/query/all")));
  // A few have run, 512 wait, and the others are told that there is no place.
  std::size_t refused = 0;
  for (const auto& one : slow) refused += one->answered() ? 1 : 0;
  EXPECT_GE(refused, 20U);
  EXPECT_THAT(slow.back()->wait(), Refuses(503, "queries wait already"));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(get("/projections/nothing").status, 200U);
  EXPECT_EQ(get("/projections/nothing/tables/rows").status, 200U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  // Those whom nobody tells any more are not asked either.
  server.reset();
  for (const auto& one : slow) EXPECT_NE(one->wait().status, 0U);
  projection::calls().query_pause_ms = 0;
}

TEST_F(ProjectionsApi, SoManyMayWaitForOneProjectionAndTheOthersHaveTheirOwn) {
  server_limits.asking_max = 2;
  serve();
  projection::calls().query_pause_ms = 3'000;
  const auto first = begin(request("GET", "/projections/tally/query/all"));
  const auto second = begin(request("GET", "/projections/tally/query/all"));
  EXPECT_THAT(get("/projections/tally/query/all"), Refuses(503, "2 queries wait already"));
  const auto other = begin(request("GET", "/projections/latest/query/all"));
  projection::calls().query_pause_ms = 0;
  for (const auto& one : {first, second, other}) EXPECT_EQ(one->wait().status, 200U);
  EXPECT_EQ(get("/projections/tally/query/all").status, 200U);
}

TEST_F(ProjectionsApi, ProjectionsThatHangKeepNobodyElseWaiting) {
  serve();
  projection::calls().query_pause_ms = 5'000;
  std::vector<std::shared_ptr<Heard>> slow;
  for (int at = 0; at < 4; ++at) {
    slow.push_back(begin(request("GET", "/projections/tally/query/all")));
    slow.push_back(begin(request("GET", "/projections/latest/query/all")));
  }
  for (const char* const other : {"/metrics", "/readyz", "/projections", "/log/stat"}) {
    EXPECT_EQ(get(other).status, 200U) << other;
  }
  EXPECT_FALSE(slow.front()->answered());
  projection::calls().query_pause_ms = 0;
  for (const auto& one : slow) (void)one->wait();
}

TEST_F(ProjectionsApi, AQueryThatTakesTooLongIsAnsweredAtItsDeadlineAndNotTwice) {
  server_options.query_time = 1s;
  serve();
  projection::calls().query_pause_ms = 5'000;
  const auto hanging = begin(request("GET", "/projections/tally/query/all"));
  const auto behind = begin(request("GET", "/projections/tally/tables/rows"));
  EXPECT_THAT(hanging->wait(), Refuses(504, "query 'all' did not answer in time, and is still"));
  EXPECT_THAT(behind->wait(), Refuses(504, "rows did not begin in time"));
  projection::calls().query_pause_ms = 0;
  // After the one that was late; Heard complains if anybody is answered twice.
  server_options.query_time = 60s;
  server->configure(server_options);
  EXPECT_EQ(get("/projections/tally/query/count?key=app.bsky.feed.post").body, "5");
}

}  // namespace
}  // namespace refold::server
