#include <sys/resource.h>

#include "core/engine/endpoints.h"
#include "core/server/serve.h"
#include "tests/server/fixture.h"
#include "tests/support/scripted_server.h"

namespace refold::server {
namespace {

using refold::testing::Connection;

/// The server behind HTTP, as an engine with this configuration has it.
struct Overload : ServerTest {
  Overload() {
    getrlimit(RLIMIT_NOFILE, &files);
    rlimit most = files;
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    enough_files = most.rlim_cur > 4'000;
    post_some("alice", 5);
    load("tally");
    load("latest");
    catch_up("tally");
    catch_up("latest");
  }
  ~Overload() override {
    projection::calls().query_pause_ms = 0;
    http.reset();
    server.reset();
    setrlimit(RLIMIT_NOFILE, &files);
  }

  void serve_http() {
    config.listen = "127.0.0.1:0";
    server_limits = engine::server_limits(config);
    serve();
    http = net::HttpServer::start(runtime, net::TcpEndpoint{}, handler_of(*server),
                                  engine::http_limits(config))
               .value();
  }
  Connection connect_and_ask(const std::string& target) const {
    Connection connection = Connection::to(http->port());
    connection.write("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return connection;
  }
  std::string over_http(const std::string& target) const {
    return connect_and_ask(target).read_all();
  }

  rlimit files{};
  bool enough_files = false;
  engine::HttpConfig config;
  net::Runtime runtime{1};
  std::unique_ptr<net::HttpServer> http;
};

TEST_F(Overload, OneHangingProjectionWithMoreClientsThanItCanAnswerKeepsNobodyElseOut) {
  if (!enough_files) GTEST_SKIP() << "too few descriptors";
  config.connections_max = 1'600;
  serve_http();
  projection::calls().query_pause_ms = 1'500;
  std::vector<Connection> all;
  for (int at = 0; at < 1'200; ++at) all.push_back(connect_and_ask("/projections/tally/query/all"));
  for (const char* const other :
       {"/healthz", "/metrics", "/readyz", "/log/stat", "/projections/latest/tables/rows"}) {
    EXPECT_THAT(over_http(other), HasSubstr("HTTP/1.1 200")) << other;
  }
  // The last ones were told at once that there is no place.
  EXPECT_THAT(all.back().read_all(), HasSubstr("HTTP/1.1 503"));
  projection::calls().query_pause_ms = 0;
}

TEST_F(Overload, ThoseWhoWaitForASeqKeepNobodyElseOut) {
  if (!enough_files) GTEST_SKIP() << "too few descriptors";
  config.connections_max = 1'600;
  serve_http();
  std::vector<Connection> all;
  for (int at = 0; at < 1'200; ++at)
    all.push_back(connect_and_ask("/projections/tally?min_seq=18446744073709551615&timeout=60"));
  EXPECT_THAT(over_http("/healthz"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(over_http("/projections/latest"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(all.back().read_all(), HasSubstr("HTTP/1.1 503"));
  EXPECT_EQ(server->waiters().waiting(), 200U);
}

TEST_F(Overload, AHeadSaysHowLongTheAnswerWouldBe) {
  serve_http();
  Connection connection = Connection::to(http->port());
  connection.write("HEAD /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = connection.read_all();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 15\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

}  // namespace
}  // namespace refold::server
