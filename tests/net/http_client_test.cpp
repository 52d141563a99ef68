#include "core/net/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/net/http_server.h"
#include "tests/net/certificates.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"

namespace refold::net {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using testing::ScriptedServer;

HttpClientOptions allow_loopback() {
  HttpClientOptions options;
  options.peer.private_addresses = true;
  options.peer.connect_time = 10s;
  return options;
}

class Client : public ::testing::Test {
 protected:
  Client() { std::signal(SIGPIPE, SIG_IGN); }

  Result<Answer> get(const std::string& url) {
    HttpClient client(runtime_, options_);
    Ask ask;
    ask.url = Url::parse(url).value();
    ask.body_bytes_max = body_bytes_max_;
    ask.total_time = total_time_;
    return client.send(ask);
  }
  /// What a client makes of a server that says this to every request.
  Result<Answer> get_from(const std::string& says, bool hang = false) {
    ScriptedServer* self = nullptr;
    ScriptedServer server([&](Connection& connection, int) {
      connection.read_to("\r\n\r\n");
      connection.write(says);
      while (hang && !self->ending()) std::this_thread::sleep_for(5ms);
    });
    self = &server;
    return get(server.url("http", "/"));
  }
  static std::string said(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
  }

  Runtime runtime_;
  HttpClientOptions options_ = allow_loopback();
  std::size_t body_bytes_max_ = 1'000'000;
  std::chrono::milliseconds total_time_ = 20s;
};

TEST_F(Client, GetsAnAnswerOfEveryForm) {
  EXPECT_EQ(get_from(said("hello"))->body, "hello");
  EXPECT_EQ(get_from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                ->body,
            "abcde");
  EXPECT_EQ(get_from("HTTP/1.0 200 OK\r\n\r\nto the end")->body, "to the end");
  const auto missing = get_from("HTTP/1.1 404 No\r\nContent-Length: 3\r\nX-A: b\r\n\r\nwhy");
  EXPECT_EQ(missing->status, 404U);
  EXPECT_EQ(missing->body, "why");
  EXPECT_EQ(missing->header("x-a"), "b");
  EXPECT_EQ(get_from("HTTP/1.1 204 No Content\r\n\r\n")->status, 204U);
}

TEST_F(Client, KeepsTheConnectionForTheNextRequest) {
  ScriptedServer server([&](Connection& connection, int) {
    while (!connection.read_to("\r\n\r\n").empty()) connection.write(said("hello"));
  });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(server.url("http", "/")).value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send(ask).value().body, "hello");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Client, AKeptConnectionThatTheServerHasClosedIsReplaced) {
  ScriptedServer server([&](Connection& connection, int) {
    connection.read_to("\r\n\r\n");
    connection.write(said("hello"));
  });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(server.url("http", "/")).value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send(ask).value().body, "hello");
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(Client, AnAddressThatIsNotPublicIsRefusedUnlessAllowed) {
  std::atomic<int> asked{0};
  ScriptedServer server([&](Connection&, int) { ++asked; });
  options_.peer.private_addresses = false;
  for (const char* host : {"127.0.0.1", "localhost", "[::1]"}) {
    const auto answer =
        get("http://" + std::string(host) + ":" + std::to_string(server.port()) + "/");
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().code, Errc::invalid);
    EXPECT_NE(answer.error().message.find("not of the public internet"), std::string::npos);
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(Client, FollowsRedirectsAndDoesNotTakeSecretsAlong) {
  ScriptedServer target(
      [&](Connection& connection, int) { connection.write(said(connection.read_to("\r\n\r\n"))); });
  ScriptedServer first([&](Connection& connection, int number) {
    connection.read_to("\r\n\r\n");
    const std::string to = number == 0 ? "/next" : target.url("http", "/end");
    connection.write("HTTP/1.1 302 Found\r\nLocation: " + to +
                     "\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
  });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(first.url("http", "/")).value();
  ask.headers = {{"Authorization", "Bearer secret"}, {"X-A", "b"}};
  const Answer answer = client.send(ask).value();
  EXPECT_EQ(answer.url.text(), target.url("http", "/end"));
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_NE(answer.body.find("X-A: b"), std::string::npos);
  EXPECT_EQ(first.connections(), 2);
}

TEST_F(Client, RedirectsAreBoundedAndStayWithinHttp) {
  std::string to;
  ScriptedServer server([&](Connection& connection, int) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " +
                     to + "\r\n\r\n");
  });
  for (const char* wrong : {"/again", "ftp://127.0.0.1/", "ws://127.0.0.1/", "http://a@b/", ""}) {
    to = wrong;
    const auto answer = get(server.url("http", "/"));
    if (*wrong == '\0') continue;  // goes to the same place
    ASSERT_TRUE(answer.has_error()) << wrong;
    EXPECT_EQ(answer.error().code, Errc::invalid) << wrong;
  }
}

TEST_F(Client, ABodyThatIsTooLargeIsNotTaken) {
  body_bytes_max_ = 1'000;
  const std::string big(100'000, 'x');
  EXPECT_EQ(get_from(said(big)).error().code, Errc::too_large);
  EXPECT_EQ(get_from("HTTP/1.1 200 OK\r\n\r\n" + big).error().code, Errc::too_large);
  EXPECT_EQ(
      get_from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + big).error().code,
      Errc::too_large);
  EXPECT_EQ(get_from("HTTP/1.1 200 OK\r\nX: " + big + "\r\n\r\n").error().code, Errc::too_large);
}

TEST_F(Client, WhatIsNotHttpOrEndsTooSoonIsAnError) {
  for (const char* text :
       {"", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 999999 x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-"})
    EXPECT_TRUE(get_from(text).has_error()) << text;
}

TEST_F(Client, EveryStepHasItsTime) {
  options_.answer_time = 50ms;
  EXPECT_EQ(get_from("", true).error().code, Errc::timeout);
  options_.answer_time = 10s;
  options_.idle_time = 50ms;
  EXPECT_EQ(get_from("HTTP/1.1 200 OK\r\n\r\nabc", true).error().code, Errc::timeout);
  options_.idle_time = 10s;
  total_time_ = 50ms;
  EXPECT_EQ(get_from("HTTP/1.1 200 OK\r\n\r\nabc", true).error().code, Errc::timeout);
}

TEST_F(Client, ADripThatNeverEndsIsBoundedByTheTotalTime) {
  ScriptedServer server([&](Connection& connection, int) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.write("x")) std::this_thread::sleep_for(2ms);
  });
  total_time_ = 100ms;
  EXPECT_EQ(get(server.url("http", "/")).error().code, Errc::timeout);
}

TEST_F(Client, AStopEndsARequestAtOnce) {
  ScriptedServer server([&](Connection& connection, int) { connection.read_all(); });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(server.url("http", "/")).value();
  std::stop_source stop;
  std::thread stopper([&] {
    while (server.connections() == 0) std::this_thread::sleep_for(1ms);
    stop.request_stop();
  });
  EXPECT_EQ(client.send(ask, stop.get_token()).error().code, Errc::closed);
  stopper.join();
}

TEST_F(Client, ARuntimeThatStopsEndsARequest) {
  ScriptedServer server([&](Connection& connection, int) { connection.read_all(); });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(server.url("http", "/")).value();
  std::thread stopper([&] {
    while (server.connections() == 0) std::this_thread::sleep_for(1ms);
    runtime_.stop();
  });
  EXPECT_EQ(client.send(ask).error().code, Errc::closed);
  stopper.join();
}

TEST_F(Client, ADownloadGoesPieceByPieceAndHoldsBackForASlowSink) {
  constexpr std::size_t whole = std::size_t{64} << 20;
  std::atomic<std::size_t> sent{0};
  ScriptedServer server([&](Connection& connection, int) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole) + "\r\n\r\n");
    const std::string piece(65'536, 'x');
    for (std::size_t i = 0; i < whole / piece.size() && connection.write(piece); ++i)
      sent += piece.size();
  });
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.url = Url::parse(server.url("http", "/")).value();
  ask.body_bytes_max = whole;
  std::size_t got = 0;
  const auto answer = client.download(ask, [&](ByteView piece) {
    if (got == 0) {
      // Until what waits on the way is full.
      for (std::size_t before = 1; before != sent; std::this_thread::sleep_for(50ms)) before = sent;
      EXPECT_LT(sent, whole);
    }
    got += piece.size();
    return ok();
  });
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(got, whole);
  EXPECT_TRUE(answer->body.empty());
  const auto refused = client.download(ask, [](ByteView) { return Result<void>(invalid("full")); });
  EXPECT_EQ(refused.error().message, "full");
}

TEST_F(Client, TalksToOurServerOverASocketFile) {
  const testing::TempFolder folder;
  const auto server = HttpServer::start(runtime_, LocalEndpoint{folder / "s"},
                                        [](const Request& request, const Responder& responder) {
                                          EXPECT_TRUE(request.local);
                                          responder.send({200, "", {}, request.body + "!"});
                                        })
                          .value();
  options_.local_socket = folder / "s";
  HttpClient client(runtime_, options_);
  Ask ask;
  ask.method = "POST";
  ask.url = Url::parse("http://refold/x").value();
  ask.body = "hello";
  EXPECT_EQ(client.send(ask).value().body, "hello!");
  options_.local_socket = folder / "none";
  HttpClient nobody(runtime_, options_);
  EXPECT_EQ(nobody.send(ask).error().code, Errc::not_found);
}

TEST_F(Client, ACertificateIsTrustedOnlyIfItIsGoodForThisHostNow) {
  const testing::TempFolder folder;
  const auto authority = testing::make_certificate({.authority = true});
  testing::write_pem(authority, folder / "ca.pem");
  options_.peer.ca_file = folder / "ca.pem";
  const auto try_with = [&](const testing::Certificate& certificate, const std::string& host) {
    const auto context = testing::tls_server(certificate);
    ScriptedServer server(
        [&](Connection& connection, int) {
          connection.read_to("\r\n\r\n");
          connection.write(said("secret"));
        },
        context.get());
    return get("https://" + host + ":" + std::to_string(server.port()) + "/");
  };
  const auto why = [&](const testing::Certificate& certificate, const std::string& host) {
    const auto answer = try_with(certificate, host);
    return answer ? "trusted" : answer.error().message;
  };
  const auto good = testing::make_certificate({}, &authority);
  EXPECT_EQ(try_with(good, "127.0.0.1").value().body, "secret");
  EXPECT_EQ(try_with(good, "localhost").value().body, "secret");
  EXPECT_NE(why(testing::make_certificate({.names = "DNS:example.com"}, &authority), "localhost")
                .find("cannot be trusted"),
            std::string::npos);
  EXPECT_NE(why(testing::make_certificate({.names = "DNS:localhost"}, &authority), "127.0.0.1")
                .find("cannot be trusted"),
            std::string::npos);
  EXPECT_NE(why(testing::make_certificate({.valid_to_seconds = -60}, &authority), "localhost")
                .find("expired"),
            std::string::npos);
  EXPECT_NE(why(testing::make_certificate({.valid_from_seconds = 1800}, &authority), "localhost")
                .find("not yet valid"),
            std::string::npos);
  EXPECT_NE(why(testing::make_certificate({}), "localhost").find("self-signed"), std::string::npos);
  options_.peer.ca_file.clear();
  EXPECT_TRUE(try_with(good, "localhost").has_error()) << "the system does not know this authority";
  ScriptedServer plain([&](Connection& connection, int) { connection.write(said("x")); });
  EXPECT_TRUE(get(plain.url("https", "/")).has_error());
}

}  // namespace
}  // namespace refold::net
