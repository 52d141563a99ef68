#include "core/net/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <semaphore>
#include <thread>

#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"

namespace refold::net {
namespace {

using namespace std::chrono_literals;
using testing::Connection;

class Server : public ::testing::Test {
 protected:
  void start(Handler handler, const ServerLimits& limits = {}) {
    server_ = HttpServer::start(runtime_, TcpEndpoint{}, std::move(handler), limits).value();
  }
  void start_echo(const ServerLimits& limits = {}) {
    start(
        [](const Request& request, const Responder& responder) {
          Response response;
          response.content_type = "text/plain";
          response.body = request.method + " " + request.path + " " + request.body;
          for (const Parameter& one : request.parameters)
            response.body += " " + one.name + "=" + one.value;
          responder.send(response);
        },
        limits);
  }
  [[nodiscard]] Connection connect() const { return Connection::to(server_->port()); }
  /// All that comes back until the server closes.
  [[nodiscard]] std::string say(std::string_view text) const {
    Connection connection = connect();
    connection.write(text);
    return connection.read_all();
  }
  static unsigned status_of(const std::string& answer) {
    return answer.size() > 12 ? static_cast<unsigned>(std::atoi(answer.c_str() + 9)) : 0;
  }

  Runtime runtime_{2};
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view get_and_close =
    "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TEST_F(Server, AnswersWithWhatTheHandlerSays) {
  start_echo();
  const std::string answer =
      say("POST /a%20b?c=d%26e HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
          "Connection: close\r\n\r\nxyz");
  EXPECT_EQ(status_of(answer), 200U);
  EXPECT_NE(answer.find("Content-Length: 19\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nPOST /a b xyz c=d&e")) << answer;
}

TEST_F(Server, KeepsTheConnectionAndAnswersPipelinedRequestsInTheirOrder) {
  std::atomic<int> number{0};
  Workers workers(4, 100);
  start(on_workers(workers, [&](const Request& request, const Responder& responder) {
    if (number++ == 0) std::this_thread::sleep_for(20ms);
    responder.send({200, "", {}, request.path + ";"});
  }));
  Connection connection = connect();
  connection.write(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(connection.read_to("/1;").ends_with("/1;"));
  EXPECT_TRUE(connection.read_to("/2;").ends_with("/2;"));
  EXPECT_TRUE(connection.read_to("/3;").ends_with("/3;"));
  connection.write(get_and_close);
  EXPECT_TRUE(connection.read_all().ends_with("/a;"));
  server_->stop(1s);
}

TEST_F(Server, AnAnswerMayComeLaterFromAnotherThread) {
  std::thread later;
  start([&](const Request&, const Responder& responder) {
    later = std::thread([responder] {
      std::this_thread::sleep_for(10ms);
      responder.send({200, "", {}, "late"});
      responder.send({500, "", {}, "twice"});
    });
  });
  EXPECT_TRUE(say(get_and_close).ends_with("\r\n\r\nlate"));
  later.join();
}

TEST_F(Server, ARequestThatIsForgottenIsAnswered500) {
  start([](const Request&, const Responder&) {});
  EXPECT_EQ(status_of(say(get_and_close)), 500U);
}

TEST_F(Server, AClientThatHasEndedItsSideGetsItsAnswer) {
  start_echo();
  Connection connection = connect();
  connection.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  connection.end_writing();
  EXPECT_EQ(status_of(connection.read_all()), 200U);
}

TEST_F(Server, HeadIsAnsweredWithoutABody) {
  start_echo();
  const std::string answer = say("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(Server, AHeaderThatWouldStartAnotherLineIsLeftOut) {
  start([](const Request&, const Responder& responder) {
    responder.send({200, "", {{"X-A", "1\r\nX-B: 2"}, {"X-C", "3"}}, ""});
  });
  const std::string answer = say(get_and_close);
  EXPECT_EQ(answer.find("X-B"), std::string::npos);
  EXPECT_NE(answer.find("X-C: 3"), std::string::npos);
}

TEST_F(Server, WhatIsOverALimitOrBrokenHasItsStatus) {
  ServerLimits limits;
  limits.target_bytes_max = 1'000;
  limits.header_bytes_max = 4'000;
  limits.body_bytes_max = 10'000;
  start_echo(limits);
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n";
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\n";
  const std::pair<std::string, unsigned> cases[] = {
      {"GET /" + std::string(2'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"GET /" + std::string(100'000, 'a'), 414},
      {get + "X: " + std::string(5'000, 'a') + "\r\n\r\n", 431},
      {get + "X: " + std::string(100'000, 'a'), 431},
      {post + "Content-Length: 10001\r\n\r\n", 413},
      {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n4000\r\n" + std::string(20'000, 'a'), 413},
      {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET /a HTTP/1.1\r\n\r\n", 400},
      {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /%2e%2f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /a HTTP/3.7\r\nHost: h\r\n\r\n", 400},
      {std::string("\x16\x03\x01\x02\x00", 5) + "hello\r\n\r\n", 400},
  };
  for (const auto& [text, status] : cases)
    EXPECT_EQ(status_of(say(text)), status) << text.substr(0, 60);
  Connection half = connect();
  half.write("GET /a HTTP/1.1\r\nHo");
  half.end_writing();
  EXPECT_EQ(status_of(half.read_all()), 400U);
  EXPECT_EQ(server_->status().requests, 0U);
  EXPECT_EQ(server_->status().refused, std::size(cases) + 1);
}

TEST_F(Server, AClientThatSendsTooSlowlyIsToldSo) {
  ServerLimits limits;
  limits.header_time = 50ms;
  limits.body_time = 50ms;
  limits.idle_time = 2s;
  start_echo(limits);
  EXPECT_EQ(status_of(say("GET /a HTTP/1.1\r\nHost:")), 408U);
  EXPECT_EQ(status_of(say("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")), 408U);
  EXPECT_EQ(say(""), "") << "an idle connection is closed without a word";
}

TEST_F(Server, ContinueIsSaidToWhoWaitsForIt) {
  start_echo();
  Connection connection = connect();
  connection.write(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(connection.read_to("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.write("hi");
  EXPECT_TRUE(connection.read_all().ends_with("POST /a hi"));
}

TEST_F(Server, AStreamArrivesPieceByPiece) {
  std::counting_semaphore<> seen(0);
  std::thread writer;
  start([&](const Request&, const Responder& responder) {
    writer = std::thread([&, responder] {
      ResponseStream stream = responder.stream({200, "text/plain", {}, "one\n"});
      EXPECT_TRUE(stream.write("two\n"));
      seen.acquire();
      EXPECT_TRUE(stream.write("three\n"));
    });
  });
  Connection connection = connect();
  connection.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(connection.read_to("two\n").ends_with("two\n"));
  seen.release();
  EXPECT_TRUE(connection.read_to("0\r\n\r\n").ends_with("6\r\nthree\n\r\n0\r\n\r\n"));
  writer.join();
  connection.write("GET /a HTTP/1.0\r\n\r\n");
  seen.release();
  EXPECT_TRUE(connection.read_all().ends_with("one\ntwo\nthree\n"));
  writer.join();
}

TEST_F(Server, AStreamStopsWhenItsClientGoes) {
  std::promise<bool> told;
  std::thread writer;
  start([&](const Request&, const Responder& responder) {
    writer = std::thread([&, responder] {
      const ResponseStream stream = responder.stream({200, "text/plain", {}, "one\n"});
      told.set_value(stream.wait_gone(30s));
    });
  });
  for (const std::string more : {"", "GET /more"}) {
    {
      Connection connection = connect();
      connection.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n" + more);
      connection.read_to("one\n");
    }
    EXPECT_TRUE(told.get_future().get()) << "after '" << more << "'";
    writer.join();
    told = {};
  }
}

TEST_F(Server, AClientThatGoesIsNoticedWhileItsRequestWaits) {
  std::promise<Responder> held;
  start([&](const Request&, const Responder& responder) { held.set_value(responder); });
  std::optional<Connection> connection(connect());
  connection->write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const Responder responder = held.get_future().get();
  EXPECT_FALSE(responder.gone());
  connection->reset();
  connection.reset();
  for (int looks = 0; looks < 1'000 && !responder.gone(); ++looks)
    std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(responder.gone());
}

TEST_F(Server, AClientThatHasEndedItsSideGetsAnAnswerThatComesLate) {
  std::promise<Responder> held;
  start([&](const Request&, const Responder& responder) { held.set_value(responder); });
  Connection connection = connect();
  connection.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  connection.end_writing();
  const Responder responder = held.get_future().get();
  std::this_thread::sleep_for(500ms);  // the server looks twice
  EXPECT_FALSE(responder.gone());
  responder.send({});
  EXPECT_EQ(status_of(connection.read_all()), 200U);
}

TEST_F(Server, BodiesAreBoundedTogether) {
  ServerLimits limits;
  limits.bodies_bytes_max = 100;
  start_echo(limits);
  const std::string post =
      "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 80\r\n";
  Connection first = connect();
  first.write(post + "Expect: 100-continue\r\n\r\n");
  first.read_to("\r\n\r\n");
  EXPECT_EQ(status_of(say(post + "\r\n")), 503U);
  first.write(std::string(80, 'x'));
  EXPECT_EQ(status_of(first.read_all()), 200U);
  EXPECT_EQ(status_of(say(post + "\r\n" + std::string(80, 'x'))), 200U);
}

TEST_F(Server, LargeAnswersThatNobodyReadsAreBoundedTogetherAndDoNotStay) {
  constexpr std::size_t large = std::size_t{24} << 20;  // more than the system buffers
  ServerLimits limits;
  limits.answers_bytes_max = large / 2;  // one alone may be larger
  limits.stalled_time = 5s;
  start(
      [](const Request& request, const Responder& responder) {
        responder.send(
            {200, "text/plain", {}, std::string(request.path == "/large" ? large : 9, 'x')});
      },
      limits);
  const std::string ask = "GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  Connection deaf = connect();
  deaf.write(ask);
  (void)deaf.read_to("\r\n\r\n");
  const std::string refused = say(ask);
  EXPECT_EQ(status_of(refused), 503U);
  EXPECT_NE(refused.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(status_of(say(get_and_close)), 200U);
  EXPECT_EQ(status_of(say("HEAD" + ask.substr(3))), 200U);
  for (int tries = 0; tries < 600 && status_of(say(ask)) != 200; ++tries)
    std::this_thread::sleep_for(100ms);
  EXPECT_EQ(status_of(say(ask)), 200U);
  EXPECT_LT(deaf.read_all().size(), large);
}

TEST_F(Server, AStreamHoldsBackForAClientThatDoesNotReadAndDropsItInTheEnd) {
  ServerLimits limits;
  limits.stream_bytes_max = 100'000;
  limits.write_time = 300ms;
  std::atomic<std::size_t> written{0};
  std::promise<void> ended;
  std::thread writer;
  start(
      [&](const Request&, const Responder& responder) {
        writer = std::thread([&, responder] {
          ResponseStream stream = responder.stream({200, "text/plain", {}, ""});
          while (stream.write(std::string(50'000, 'x'))) written += 50'000;
          ended.set_value();
        });
      },
      limits);
  Connection connection = connect();
  connection.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ended.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_LT(written, std::size_t{64} << 20);
  writer.join();
}

TEST_F(Server, MoreRequestsAtOnceThanAllowedAreRefusedWith503) {
  ServerLimits limits;
  limits.requests_max = 1;
  std::promise<Responder> held;
  start([&](const Request&, const Responder& responder) { held.set_value(responder); }, limits);
  Connection first = connect();
  first.write(get_and_close);
  const Responder responder = held.get_future().get();
  EXPECT_EQ(status_of(say(get_and_close)), 503U);
  responder.send({});
  EXPECT_EQ(status_of(first.read_all()), 200U);
}

TEST_F(Server, TheLongestIdleConnectionMakesRoomForANewOne) {
  ServerLimits limits;
  limits.connections_max = 4;
  start_echo(limits);
  std::vector<Connection> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(connect());
    idle.back().write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    idle.back().read_to("GET /a ");
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(status_of(say(get_and_close)), 200U);
  EXPECT_EQ(idle.front().read_some(), "");
}

TEST_F(Server, ManyIdleConnectionsDoNotStopIt) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const rlim_t before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  // Both ends are in this process.
  const std::size_t count = files.rlim_cur > 5'000 ? 2'000 : files.rlim_cur / 2 - 100;
  start_echo();
  {
    std::vector<Connection> idle;
    for (std::size_t i = 0; i < count; ++i) idle.push_back(connect());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(say(get_and_close)), 200U);
    EXPECT_GE(server_->status().connections, count);
  }
  server_->stop(0ms);
  files.rlim_cur = before;
  setrlimit(RLIMIT_NOFILE, &files);
}

TEST_F(Server, StopLetsRequestsBeAnsweredAndRefusesNewOnes) {
  std::promise<Responder> held;
  start([&](const Request&, const Responder& responder) { held.set_value(responder); });
  Connection idle = connect();
  Connection busy = connect();
  busy.write("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const Responder responder = held.get_future().get();
  std::thread answer([&] {
    EXPECT_EQ(idle.read_some(), "");
    responder.send({200, "", {}, "done"});
  });
  server_->stop(30s);
  answer.join();
  const std::string text = busy.read_all();
  EXPECT_TRUE(text.ends_with("done")) << text;
  EXPECT_NE(text.find("Connection: close"), std::string::npos);
  EXPECT_THROW((void)connect(), std::runtime_error);
}

TEST_F(Server, StopDoesNotWaitForARequestThatNobodyAnswers) {
  std::promise<Responder> held;
  start([&](const Request&, const Responder& responder) { held.set_value(responder); });
  Connection connection = connect();
  connection.write(get_and_close);
  const Responder responder = held.get_future().get();
  server_->stop(10ms);
  EXPECT_TRUE(responder.gone());
  responder.send({});
  EXPECT_EQ(connection.read_all(), "");
}

TEST_F(Server, APortThatIsTakenIsBusy) {
  start_echo();
  const auto other =
      HttpServer::start(runtime_, TcpEndpoint{"127.0.0.1", server_->port()}, [](auto, auto) {});
  ASSERT_TRUE(other.has_error());
  EXPECT_EQ(other.error().code, Errc::busy);
  const auto name = HttpServer::start(runtime_, TcpEndpoint{"localhost", 0}, [](auto, auto) {});
  EXPECT_EQ(name.error().code, Errc::invalid);
}

TEST_F(Server, ASocketFileIsForItsOwnerOnlyAndGoesWithTheServer) {
  const testing::TempFolder folder;
  const auto path = folder / "s.sock";
  auto server = HttpServer::start(runtime_, LocalEndpoint{path}, [](auto, auto) {}).value();
  struct stat found {};
  ASSERT_EQ(::lstat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  const auto other = HttpServer::start(runtime_, LocalEndpoint{path}, [](auto, auto) {});
  ASSERT_TRUE(other.has_error());
  EXPECT_EQ(other.error().code, Errc::busy);
  server.reset();
  EXPECT_NE(::lstat(path.c_str(), &found), 0);
}

TEST_F(Server, ASocketFileThatADeadProcessLeftIsReplacedAndOtherFilesAreNot) {
  const testing::TempFolder folder;
  const auto path = folder / "s.sock";
  {
    const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_FALSE(HttpServer::start(runtime_, LocalEndpoint{path}, [](auto, auto) {}).has_error());
  std::ofstream(folder / "file") << "mine";
  const auto refused =
      HttpServer::start(runtime_, LocalEndpoint{folder / "file"}, [](auto, auto) {});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_EQ(testing::content_of(folder / "file"), "mine");
  const auto longer =
      HttpServer::start(runtime_, LocalEndpoint{folder / std::string(120, 'a')}, [](auto, auto) {});
  EXPECT_EQ(longer.error().code, Errc::invalid);
}

}  // namespace
}  // namespace refold::net
