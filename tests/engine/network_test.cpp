#include "tests/engine/network_fixture.h"

namespace refold::engine {
namespace {

TEST_F(Network, AnswersOverHttpAndOverTheControlSocket) {
  start();
  EXPECT_THAT(over_http("/healthz"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(over_socket("/healthz"), HasSubstr("HTTP/1.1 200"));
  struct stat status {};
  ASSERT_EQ(::stat(config.socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Network, WithoutAnAddressThereIsNoHttp) {
  config.http.listen.clear();
  start();
  EXPECT_EQ(engine->http_port(), 0U);
  EXPECT_THAT(over_socket("/healthz"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(Network, AfterAStopNobodyAnswersAndTheSocketIsGone) {
  start();
  EXPECT_EQ(engine->stop([] { return false; }), std::nullopt);
  EXPECT_EQ(over_socket("/healthz"), "no connection");
}

TEST_F(Network, WhatCannotListenSaysWhoDoes) {
  start();
  Config second = config;
  second.data = folder / "second";
  second.http.listen = "127.0.0.1:" + std::to_string(engine->http_port());
  const auto refused = Engine::start(second, logging, {refold::testing::runner});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::busy) << refused.error().message;
}

TEST_F(Network, SourcesAreWhatTheConfigurationSays) {
  std::ofstream(folder / "events.jsonl") << "";
  config.sources = {capture("a"), capture("b")};
  start();
  EXPECT_EQ(engine->sources().list().size(), 2U);
  config.sources = {capture("b"), capture("c")};
  config.sources[0].collections = {"app.bsky.feed.post"};
  (void)engine->reload(config);
  const auto now = engine->sources().list();
  ASSERT_EQ(now.size(), 2U);
  EXPECT_EQ(now[0].name, "b");
  EXPECT_EQ(now[0].filter.collections, std::vector<std::string>{"app.bsky.feed.post"});
  EXPECT_EQ(now[1].name, "c");
}

TEST_F(Network, ASourceThatCannotBeCostsALine) {
  SourceConfig wrong;
  wrong.name = "wrong";
  config.sources = {wrong};
  start();
  EXPECT_TRUE(says("error   source: wrong: "));
  EXPECT_THAT(over_http("/healthz"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(Network, WithoutRoomOnTheDiskSourcesRestAndTheEngineIsNotReady) {
  start();
  config.limits.disk_free_min = std::uint64_t{1} << 60;
  (void)engine->reload(config);
  EXPECT_THAT(over_http("/readyz"), HasSubstr("limits.disk_free_min"));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 503"));
  config.limits.disk_free_min = 1;
  (void)engine->reload(config);
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 200"));
}

TEST(Endpoints, LimitsAreThoseOfTheConfiguration) {
  Config config;
  config.http.request_bytes_max = 2'000;
  config.http.request_time_max = std::chrono::milliseconds(3'000);
  config.http.connections_max = 80;
  const net::ServerLimits http = http_limits(config.http);
  EXPECT_EQ(http.header_bytes_max, 2'000U);
  EXPECT_EQ(http.body_bytes_max, 2'000U);
  EXPECT_EQ(http.requests_max, 80U);
  const server::ServerOptions options = server_options(config);
  EXPECT_EQ(options.query_time, std::chrono::milliseconds(3'000));
  EXPECT_EQ(options.wait_time_max, std::chrono::milliseconds(3'000));
  EXPECT_EQ(options.wait_time, std::chrono::milliseconds(3'000));
  const server::ServerLimits waiting = server_limits(config.http);
  EXPECT_LT(waiting.waiters_max + 2 * waiting.asking_max, 80U);
  config.http.connections_max = 1;
  EXPECT_EQ(server_limits(config.http).asking_max, 1U);
  // A reader of a command may take its time.
  EXPECT_EQ(control_limits().write_time.count(), 0);
}

TEST(Endpoints, AreReadFromTheirText) {
  EXPECT_EQ(http_endpoint("[::1]:80").address, "::1");
  EXPECT_EQ(http_endpoint("[::1]:80").port, 80U);
  EXPECT_EQ(http_endpoint("localhost:2580").address, "127.0.0.1");
  EXPECT_EQ(http_endpoint("0.0.0.0:65535").port, 65'535U);
}

}  // namespace
}  // namespace refold::engine
