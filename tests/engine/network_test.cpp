#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/base/descriptor.h"
#include "core/engine/endpoints.h"
#include "core/engine/engine.h"
#include "tests/engine/config_fixture.h"
#include "tests/projection/library_fixture.h"

namespace refold::engine {
namespace {

using namespace std::chrono_literals;
using projection::comes_true;
using projection::good;
using projection::LibraryTest;
using ::testing::Not;

/// An engine that listens at a port of the system's choice.
class Network : public LibraryTest {
 protected:
  Network() {
    recorder.reset();
    config.data = data;
    config.http.listen = "127.0.0.1:0";
    config.limits.map_bytes = std::size_t{1} << 30;
    config.limits.disk_free_min = 1;
  }
  ~Network() override { engine.reset(); }

  void start(EngineOptions engine_options = {}) {
    engine_options.runner = refold::testing::runner;
    engine = good(Engine::start(config, logging, std::move(engine_options)));
  }
  template <class Address>
  static std::string ask(const Address& address, const std::string& target,
                         const std::string& method = "GET") {
    const Descriptor to(
        ::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM, 0));
    if (::connect(to.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return "no connection";
    }
    const std::string request = method + " " + target +
                                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                                "Connection: close\r\n\r\n";
    EXPECT_EQ(::send(to.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(to.get(), buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }
  std::string over_http(const std::string& target) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(engine->http_port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ask(address, target);
  }
  std::string over_socket(const std::string& target, const std::string& method = "GET") const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, config.socket().c_str());
    return ask(address, target, method);
  }
  SourceConfig capture(const std::string& name) {
    SourceConfig source;
    source.name = name;
    source.kind = SourceKind::capture;
    source.file = folder / "events.jsonl";
    return source;
  }
  bool says(const std::string& text) {
    return comes_true([&] { return content_of(folder / "lines").find(text) != std::string::npos; });
  }

  Config config;
  Descriptor lines{::open((folder / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  Logging logging{LoggingConfig{Level::debug}, lines.get()};
  std::unique_ptr<Engine> engine;
};

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

TEST(Endpoints, AreReadFromTheirText) {
  EXPECT_EQ(http_endpoint("[::1]:80").address, "::1");
  EXPECT_EQ(http_endpoint("[::1]:80").port, 80U);
  EXPECT_EQ(http_endpoint("localhost:2580").address, "127.0.0.1");
  EXPECT_EQ(http_endpoint("0.0.0.0:65535").port, 65'535U);
}

}  // namespace
}  // namespace refold::engine
