#include "core/net/websocket.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include "tests/net/certificates.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"

namespace refold::net {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using testing::ScriptedServer;

class Socket : public ::testing::Test {
 protected:
  Socket() {
    std::signal(SIGPIPE, SIG_IGN);
    options_.peer.private_addresses = true;
  }
  Result<WebSocket> connect(const ScriptedServer& server, Refused* refused = nullptr) {
    return WebSocket::connect(runtime_, Url::parse(server.url("ws", "/x?cursor=1")).value(),
                              options_, stop_.get_token(), refused);
  }
  /// The end of a connection to a server that says this after the handshake.
  Error end_of(const std::string& says, std::size_t messages = 0) {
    ScriptedServer server([&](Connection& connection, int) {
      connection.accept_websocket();
      connection.write(says);
    });
    WebSocket socket = connect(server).value();
    for (std::size_t i = 0; i < messages; ++i)
      EXPECT_FALSE(socket.read(stop_.get_token()).has_error());
    const auto end = socket.read(stop_.get_token());
    EXPECT_TRUE(end.has_error());
    reason_ = socket.reason();
    return end ? Error{} : end.error();
  }

  Runtime runtime_;
  WebSocketOptions options_;
  std::stop_source stop_;
  std::optional<CloseReason> reason_;
};

TEST_F(Socket, ReadsMessagesInTheirOrder) {
  std::string head;
  ScriptedServer server([&](Connection& connection, int) {
    head = connection.accept_websocket();
    connection.send_text("one");
    connection.send_binary(std::string("\0two", 4));
    connection.write(Connection::frame(2, "thr", false) + Connection::frame(9, "ping") +
                     Connection::frame(0, "ee"));
    connection.send_binary(std::string(100'000, 'x'));
    connection.read_all();
  });
  WebSocket socket = connect(server).value();
  const auto read = [&] { return socket.read(stop_.get_token()).value(); };
  const Message first = read();
  EXPECT_EQ(first.data, "one");
  EXPECT_FALSE(first.binary);
  const Message second = read();
  EXPECT_EQ(second.data, std::string("\0two", 4));
  EXPECT_TRUE(second.binary);
  EXPECT_EQ(read().data, "three");
  EXPECT_EQ(read().data.size(), 100'000U);
  EXPECT_TRUE(head.starts_with("GET /x?cursor=1 HTTP/1.1\r\n")) << head;
}

TEST_F(Socket, ManyMessagesArriveWhole) {
  constexpr int count = 50'000;
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += Connection::frame(2, std::to_string(i));
    connection.write(bytes);
    connection.send_close(1000, "");
    connection.read_all();
  });
  options_.ahead_bytes_max = 10'000;
  WebSocket socket = connect(server).value();
  for (int i = 0; i < count; ++i)
    ASSERT_EQ(socket.read(stop_.get_token()).value().data, std::to_string(i));
  EXPECT_EQ(socket.read(stop_.get_token()).error().code, Errc::closed);
}

TEST_F(Socket, TheReasonOfACloseIsTold) {
  const Error end = end_of(Connection::frame(2, "x") + Connection::frame(8,
                                                                         "\x03\xf0"
                                                                         "FutureCursor"),
                           1);
  EXPECT_EQ(end.code, Errc::closed);
  ASSERT_TRUE(reason_);
  EXPECT_EQ(reason_->code, 1008);
  EXPECT_EQ(reason_->text, "FutureCursor");
  EXPECT_NE(end.message.find("1008 FutureCursor"), std::string::npos) << end.message;
}

TEST_F(Socket, APeerThatGoesInsideAFrameIsAnErrorAfterWhatWasWhole) {
  EXPECT_EQ(end_of(Connection::frame(2, "x") + Connection::frame(2, "abcdef").substr(0, 4), 1).code,
            Errc::io);
  EXPECT_FALSE(reason_);
}

TEST_F(Socket, WhatBreaksTheProtocolIsAnError) {
  EXPECT_TRUE(!end_of("garbage, no frame").message.empty());
  EXPECT_TRUE(!end_of(Connection::frame(0, "a continuation of nothing")).message.empty());
  EXPECT_TRUE(!end_of(Connection::frame(1, "\xff\xfe")).message.empty());
}

TEST_F(Socket, AMessageThatIsTooLargeIsNotTaken) {
  options_.message_bytes_max = 1'000;
  EXPECT_EQ(end_of(Connection::frame(2, std::string(1'001, 'x'))).code, Errc::too_large);
  // Announced, and never sent: nothing is set aside for it.
  EXPECT_EQ(end_of(std::string("\x82\x7f\x00\x00\x7f\xff\xff\xff\xff\xff", 10)).code,
            Errc::too_large);
  std::string pieces = Connection::frame(2, std::string(600, 'x'), false);
  EXPECT_EQ(end_of(pieces + Connection::frame(0, std::string(600, 'x'))).code, Errc::too_large);
}

TEST_F(Socket, ARefusalIsHandedOut) {
  ScriptedServer server([&](Connection& connection, int) {
    connection.read_to("\r\n\r\n");
    connection.write(
        "HTTP/1.1 400 Bad Request\r\nRetry-After: 7\r\nContent-Length: 28\r\n\r\n"
        R"({"error":"CursorTooOld_____"})");
  });
  Refused refused;
  const auto socket = connect(server, &refused);
  ASSERT_TRUE(socket.has_error());
  EXPECT_EQ(socket.error().code, Errc::unsupported);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(refused.retry_after, 7s);
  EXPECT_NE(refused.body.find("CursorTooOld"), std::string::npos);
}

TEST_F(Socket, AHandshakeThatNeverComesEndsInTime) {
  options_.handshake_time = 50ms;
  ScriptedServer silent([&](Connection& connection, int) { connection.read_all(); });
  EXPECT_EQ(connect(silent).error().code, Errc::timeout);
  ScriptedServer drip([&](Connection& connection, int) {
    connection.write("HTTP/1.1 101 Switching Protocols\r\n");
    while (connection.write("X: y\r\n")) std::this_thread::sleep_for(2ms);
  });
  EXPECT_TRUE(connect(drip).has_error());
  ScriptedServer endless([&](Connection& connection, int) {
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    while (connection.write(std::string(65'536, 'x'))) continue;
  });
  options_.handshake_time = 20s;
  EXPECT_TRUE(connect(endless).has_error());
}

TEST_F(Socket, SilenceIsNotDeathAsLongAsPingsAreAnswered) {
  options_.ping_time = 1s;
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    for (int pings = 0; pings < 2; ++pings) {
      // A ping of a client: two bytes, and four of a mask.
      if (connection.read_bytes(6).size() < 6) return;
      connection.write(Connection::frame(10, ""));
    }
    connection.send_text("still here");
    connection.read_all();
  });
  WebSocket socket = connect(server).value();
  EXPECT_EQ(socket.read(stop_.get_token()).value().data, "still here");
}

TEST_F(Socket, APeerThatAnswersNoPingIsDead) {
  options_.ping_time = 20ms;
  ScriptedServer* self = nullptr;
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    while (!self->ending()) std::this_thread::sleep_for(5ms);
  });
  self = &server;
  WebSocket socket = connect(server).value();
  EXPECT_EQ(socket.read(stop_.get_token()).error().code, Errc::timeout);
}

TEST_F(Socket, WhoDoesNotReadHoldsThePeerBackAndIsNotTakenForDead) {
  options_.ping_time = 1s;
  options_.ahead_bytes_max = 1'000'000;
  std::atomic<std::size_t> sent{0};
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    const std::string frame = Connection::frame(2, std::string(100'000, 'x'));
    for (int i = 0; i < 300 && connection.write(frame); ++i) ++sent;
    connection.read_all();
  });
  WebSocket socket = connect(server).value();
  std::this_thread::sleep_for(3s);
  for (std::size_t before = 1; before != sent; std::this_thread::sleep_for(50ms)) before = sent;
  EXPECT_LT(sent, 300U);
  for (int i = 0; i < 300; ++i) ASSERT_FALSE(socket.read(stop_.get_token()).has_error()) << i;
}

TEST_F(Socket, AStopEndsAReadAndLosesNothing) {
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    connection.read_bytes(6 + 2);  // our close frame: then it is too late
    connection.read_all();
  });
  WebSocket socket = connect(server).value();
  std::thread stopper([&] {
    std::this_thread::sleep_for(10ms);
    stop_.request_stop();
  });
  EXPECT_EQ(socket.read(stop_.get_token()).error().code, Errc::closed);
  stopper.join();
  EXPECT_EQ(socket.read_until({}, std::chrono::steady_clock::now() + 10ms).error().code,
            Errc::timeout);
}

TEST_F(Socket, ARuntimeThatStopsEndsARead) {
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    connection.read_all();
  });
  WebSocket socket = connect(server).value();
  std::thread stopper([&] { runtime_.stop(); });
  EXPECT_EQ(socket.read({}).error().code, Errc::closed);
  stopper.join();
}

TEST_F(Socket, ClosingSaysSoToThePeer) {
  std::promise<std::string> farewell;
  ScriptedServer server([&](Connection& connection, int) {
    connection.accept_websocket();
    farewell.set_value(connection.read_bytes(2));
  });
  {
    WebSocket socket = connect(server).value();
    socket.close();
    EXPECT_EQ(socket.read({}).error().code, Errc::closed);
    EXPECT_EQ(farewell.get_future().get(), "\x88\x82");
  }
}

TEST_F(Socket, GoesOverTls) {
  const testing::TempFolder folder;
  const auto authority = testing::make_certificate({.authority = true});
  testing::write_pem(authority, folder / "ca.pem");
  const auto context = testing::tls_server(testing::make_certificate({}, &authority));
  ScriptedServer server(
      [&](Connection& connection, int) {
        connection.accept_websocket();
        connection.send_text("secret");
        connection.read_all();
      },
      context.get());
  const Url url = Url::parse(server.url("wss", "/")).value();
  EXPECT_TRUE(WebSocket::connect(runtime_, url, options_, {}).has_error());
  options_.peer.ca_file = folder / "ca.pem";
  WebSocket socket = WebSocket::connect(runtime_, url, options_, {}).value();
  EXPECT_EQ(socket.read({}).value().data, "secret");
}

TEST_F(Socket, WhatCannotBeAskedForIsRefused) {
  EXPECT_EQ(WebSocket::connect(runtime_, Url::parse("http://127.0.0.1/").value(), options_, {})
                .error()
                .code,
            Errc::invalid);
  options_.peer.private_addresses = false;
  EXPECT_EQ(WebSocket::connect(runtime_, Url::parse("ws://127.0.0.1/").value(), options_, {})
                .error()
                .code,
            Errc::invalid);
}

}  // namespace
}  // namespace refold::net
