#include "tests/server/fixture.h"

namespace refold::server {
namespace {

struct LogApi : ServerTest {
  LogApi() {
    post_some("alice", 4);
    post_some("bob", 2);
  }
};

TEST_F(LogApi, TheStatHasTheLogsEnds) {
  serve();
  const auto stat = json(get("/log/stat"));
  EXPECT_EQ(std::uint64_t(stat["last"]), 6U);
}

TEST_F(LogApi, PagesOfEventsHaveEachOnceAndSayWhereTheNextOneStarts) {
  serve();
  std::vector<std::uint64_t> seqs;
  std::uint64_t from = 1;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = json(get("/log/events?limit=4&from=" + std::to_string(from)));
    for (const auto event : page["events"].get_array()) seqs.push_back(event["seq"]);
    if (std::uint64_t(page["next"]) > std::uint64_t(page["log_last"])) break;
    from = page["next"];
  }
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(LogApi, AFilterLeavesOutWhatItDoesNotName) {
  serve();
  const auto of_bob = json(get("/log/events?did=" + did_of("bob")));
  EXPECT_EQ(of_bob["events"].get_array().size(), 2U);
  EXPECT_EQ(std::uint64_t(of_bob["next"]), 7U);
  const auto none = json(get("/log/events?collection=app.bsky.feed.like&kind=create"));
  EXPECT_EQ(none["events"].get_array().size(), 0U);
  EXPECT_THAT(get("/log/events?kind=created"), Refuses(400, "create, update"));
  EXPECT_THAT(get("/log/events?did=alice"), Refuses(400, "alice"));
}

TEST_F(LogApi, APageThatTakesTooLongEndsWhereItIs) {
  post_some("carol", 3'000);
  server_options.query_time = 0ms;
  serve();
  std::uint64_t from = 1;
  int pages = 0;
  std::size_t found = 0;
  for (; from <= 3'006 && pages < 100; ++pages) {
    const auto page = json(get("/log/events?limit=10000&from=" + std::to_string(from)));
    found += page["events"].get_array().size();
    ASSERT_GT(std::uint64_t(page["next"]), from);
    from = page["next"];
  }
  EXPECT_GT(pages, 1);
  EXPECT_EQ(found, 3'006U);
}

TEST_F(LogApi, OneEventIsFoundByItsSeq) {
  serve();
  EXPECT_EQ(std::uint64_t(json(get("/log/events/3"))["seq"]), 3U);
  EXPECT_THAT(get("/log/events/7"), Refuses(404, "7"));
  EXPECT_THAT(get("/log/events/three"), Refuses(400, "three"));
}

TEST_F(LogApi, AFollowerIsToldWhatComesUntilItGoes) {
  serve();
  const auto heard = begin(request("GET", "/log/follow?from=6"));
  EXPECT_EQ(heard->wait().content_type, "application/x-ndjson");
  ASSERT_TRUE(
      comes_true([&] { return heard->streamed().find("\"seq\":6,") != std::string::npos; }));
  post_some("bob", 1, 3);
  EXPECT_TRUE(
      comes_true([&] { return heard->streamed().find("\"seq\":7,") != std::string::npos; }));
  EXPECT_FALSE(heard->ended());
  heard->leave();
  EXPECT_TRUE(comes_true([&] { return heard->ended(); }));
}

TEST_F(LogApi, FollowersAreBoundedAndEndWithTheServer) {
  server_limits.streams_max = 2;
  serve();
  const auto first = begin(request("GET", "/log/follow"));
  const auto second = begin(request("GET", "/log/follow"));
  EXPECT_EQ(first->wait().status, 200U);
  EXPECT_EQ(second->wait().status, 200U);
  EXPECT_THAT(get("/log/follow"), Refuses(503, "too many streams"));
  net::Request of_operator = request("GET", "/log/follow");
  of_operator.local = true;
  const auto third = begin(std::move(of_operator));
  EXPECT_EQ(third->wait().status, 200U) << "the control socket is kept busy by nobody else";
  server.reset();
  EXPECT_TRUE(first->ended());
  EXPECT_TRUE(second->ended());
  EXPECT_TRUE(third->ended());
}

TEST_F(LogApi, WhatKeepsTheEngineFromBeingReadyIsSaid) {
  not_ready = [] { return std::vector<std::string>{"source jetstream: nobody answers"}; };
  serve();
  EXPECT_EQ(get("/healthz").status, 200U);
  const auto response = get("/readyz");
  EXPECT_EQ(response.status, 503U);
  EXPECT_THAT(response.body, HasSubstr("jetstream: nobody answers"));
}

TEST_F(LogApi, WhatWasLostIsSaidAndKeepsNobodyAway) {
  notes = [] { return std::vector<std::string>{"source jetstream has lost events: 1 gap"}; };
  serve();
  const auto response = get("/readyz");
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.body, HasSubstr("\"notes\":[\"source jetstream has lost events: 1 gap\"]"));
}

TEST_F(LogApi, AProjectionThatHasFailedIsAReasonOnlyForWhoAsksForIt) {
  projection::mood().what = projection::Mood::What::fail;
  projection::mood().text = "hello";
  load("moody");
  serve();
  ASSERT_TRUE(comes_true([&] { return status("moody").state() == "failed"; }));
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_THAT(get("/readyz").body, HasSubstr("'moody' is failed"));
  EXPECT_EQ(get("/readyz?projection=moody").status, 503U);
  EXPECT_EQ(get("/readyz?projection=nobody").status, 404U);
}

TEST_F(LogApi, MetricsAreInTheTextFormatOfPrometheus) {
  load("tally");
  catch_up("tally");
  serve();
  EXPECT_EQ(get("/log/stat").status, 200U);
  const auto response = get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("# TYPE refold_log_seq counter\nrefold_log_seq 6\n"));
  EXPECT_THAT(response.body,
              HasSubstr("refold_projection_seq{projection=\"tally\",generation=\"1\","
                        "current=\"true\"} 6\n"));
  EXPECT_THAT(response.body,
              HasSubstr("refold_http_requests_total{route=\"GET /log/stat\",status=\"2xx\"} 1\n"));
  EXPECT_THAT(response.body, HasSubstr("le=\"+Inf\""));
}

}  // namespace
}  // namespace refold::server
