#include "core/ingest/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "core/base/descriptor.h"
#include "core/ingest/capture.h"
#include "core/ingest/follower.h"
#include "core/ingest/record_capture.h"
#include "core/ingest/sources.h"
#include "core/log/reader.h"
#include "tests/ingest/fake_firehose.h"
#include "tests/ingest/packed.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_data.h"

namespace refold::ingest {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using testing::error_frame;
using testing::identity_frame;
using testing::info_frame;
using testing::ScriptedServer;
using testing::TempFolder;

/// What a connection asked for.
std::string target_of(const std::string& head) {
  const auto start = head.find(' ') + 1;
  return head.substr(start, head.find(' ', start) - start);
}
std::optional<std::uint64_t> cursor_of(const std::string& head) {
  const auto at = head.find("cursor=");
  if (at == std::string::npos) return std::nullopt;
  return std::stoull(head.substr(at + 7));
}
std::string did(std::uint64_t number) {
  std::string name(24, 'a');
  for (std::size_t i = 0; number > 0; ++i, number /= 26)
    name[i] = static_cast<char>('a' + number % 26);
  return "did:plc:" + name;
}

class SourceTest : public ::testing::Test {
 protected:
  void TearDown() override {
    source_.reset();
    server_.reset();
  }
  /// Each connection is answered by its number's script, the last one's from there on.
  using Script = std::function<void(Connection& connection, const std::string& head)>;
  void serve(std::vector<Script> scripts) {
    server_ = std::make_unique<ScriptedServer>(
        [this, scripts = std::move(scripts)](Connection& connection, int number) {
          const auto& script =
              scripts[std::min<std::size_t>(static_cast<std::size_t>(number), scripts.size() - 1)];
          const std::string head = connection.accept_websocket();
          {
            const std::lock_guard lock(mutex_);
            heads_.push_back(head);
          }
          script(connection, head);
        });
  }
  /// The events from the cursor on (or from `live`), and then silence.
  static Script events(std::uint64_t last, std::uint64_t live = 1) {
    return [=](Connection& connection, const std::string& head) {
      for (std::uint64_t seq = cursor_of(head).value_or(live); seq <= last; ++seq)
        if (seq > 0) connection.send_binary(identity_frame(seq, did(seq)));
      connection.read_all();
    };
  }
  SourceOptions options(SourceKind kind = SourceKind::firehose) const {
    SourceOptions made;
    made.name = "test";
    made.kind = kind;
    if (server_) made.url = server_->url("ws", "");
    made.private_addresses = true;
    made.backoff = {1ms, 20ms};
    return made;
  }
  SourceSite site() {
    return {runtime_, *recorder_, folder_ / "aside", [this](const auto&, const std::string& line) {
              const std::lock_guard lock(mutex_);
              told_ += line + "\n";
            }};
  }
  void start(const SourceOptions& with) { source_ = Source::start(site(), with).value(); }
  void start() { start(options()); }
  /// Waits until it is so; a slow machine gets its time.
  static bool until(const std::function<bool()>& so) {
    for (int i = 0; i < 6'000; ++i, std::this_thread::sleep_for(5ms))
      if (so()) return true;
    return false;
  }
  bool until_events(std::uint64_t count) {
    return until([&] { return recorder_->log().last().value() >= count; });
  }
  bool until_state(SourceState state) {
    return until([&] { return source_->status().state == state; });
  }
  /// The events of the log: kind and upstream seq.
  std::vector<std::pair<log::Kind, std::uint64_t>> logged() {
    std::vector<std::pair<log::Kind, std::uint64_t>> all;
    log::Filter filter;
    filter.history = true;
    log::Reader reader(recorder_->log(), 1, log::Matcher::make(filter).value());
    log::Page page;
    while (reader.next(page).value())
      for (const log::Event& event : page.events) all.emplace_back(event.kind, event.upstream_seq);
    return all;
  }
  std::vector<std::optional<std::uint64_t>> cursors_asked() {
    const std::lock_guard lock(mutex_);
    std::vector<std::optional<std::uint64_t>> asked;
    for (const std::string& head : heads_) asked.push_back(cursor_of(head));
    return asked;
  }
  std::string first_target() {
    const std::lock_guard lock(mutex_);
    return target_of(heads_.at(0));
  }
  std::optional<std::string> saved() {
    auto with = options();
    with.url = server_->url("ws", "");
    return recorder_->log().cursor(cursor_name(with)).value();
  }

  TempFolder folder_;
  net::Runtime runtime_;
  std::unique_ptr<index::Recorder> recorder_ = index::Recorder::open(folder_ / "data").value();
  std::mutex mutex_;
  std::vector<std::string> heads_;
  std::string told_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Source> source_;
};

TEST_F(SourceTest, EventsAreRecordedWithTheirCursor) {
  serve({events(10)});
  start();
  ASSERT_TRUE(until_events(10));
  EXPECT_TRUE(until([&] { return source_->status().cursor == 10; }));
  EXPECT_EQ(saved(), "10");
  const SourceStatus status = source_->status();
  EXPECT_EQ(status.state, SourceState::connected);
  EXPECT_EQ(status.messages, 10U);
  EXPECT_EQ(status.outcome.appended, 10U);
  EXPECT_GT(status.bytes, 0U);
  EXPECT_GT(status.upstream_us, 0);
  EXPECT_EQ(first_target(), "/xrpc/com.atproto.sync.subscribeRepos");
}

TEST_F(SourceTest, AConnectionThatIsCutGoesOnAtTheCursorAndNothingIsTwice) {
  const Script cut = [](Connection& connection, const std::string& head) {
    const std::uint64_t from = cursor_of(head).value_or(1);
    for (std::uint64_t seq = from; seq < from + 7; ++seq)
      connection.send_binary(identity_frame(seq, did(seq)));
    connection.write(Connection::frame(2, identity_frame(from + 7, did(from + 7))).substr(0, 9));
  };
  serve({cut, cut, cut, events(30)});
  start();
  ASSERT_TRUE(until_events(30));
  source_.reset();
  const auto all = logged();
  ASSERT_EQ(all.size(), 30U);
  for (std::uint64_t seq = 1; seq <= 30; ++seq) EXPECT_EQ(all[seq - 1].second, seq);
  EXPECT_EQ(saved(), "30");
}

TEST_F(SourceTest, ASourceThatIsStartedAgainGoesOnWhereItWas) {
  serve({events(5), events(9)});
  start();
  ASSERT_TRUE(until_events(5));
  source_.reset();
  EXPECT_EQ(saved(), "5");
  start();
  ASSERT_TRUE(until_events(9));
  EXPECT_EQ(cursors_asked().at(1), 5U);
  EXPECT_EQ(logged().size(), 9U);
}

TEST_F(SourceTest, AnExplicitStartIsAskedForOnce) {
  serve({events(5), events(9)});
  auto with = options();
  with.start = 0;
  start(with);
  ASSERT_TRUE(until_events(5));
  source_.reset();
  start(with);
  ASSERT_TRUE(until_events(9));
  EXPECT_EQ(cursors_asked().at(0), 0U);
  EXPECT_EQ(cursors_asked().at(1), 5U);
}

TEST_F(SourceTest, AnotherHostNeedsAnExplicitStart) {
  serve({events(5)});
  start();
  ASSERT_TRUE(until_events(5));
  source_.reset();
  auto with = options();
  with.url = "wss://other.example";
  const auto refused = Source::start(site(), with);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_NE(refused.error().message.find("another host"), std::string::npos);
  with.start = 0;
  EXPECT_TRUE(Source::start(site(), with).has_value());
}

TEST_F(SourceTest, AnOutdatedCursorIsAGap) {
  serve({events(5), [](Connection& connection, const std::string&) {
           connection.send_binary(info_frame("OutdatedCursor"));
           connection.send_binary(identity_frame(100, did(100)));
           connection.read_all();
         }});
  start();
  ASSERT_TRUE(until_events(5));
  source_.reset();
  start();
  ASSERT_TRUE(until_events(7));
  const auto all = logged();
  EXPECT_EQ(all[5], (std::pair{log::Kind::gap, std::uint64_t{99}}));
  EXPECT_EQ(all[6], (std::pair{log::Kind::identity, std::uint64_t{100}}));
  EXPECT_TRUE(until([&] { return source_->status().gaps == 1; }));
}

TEST_F(SourceTest, AFutureCursorPausesAndNeverResets) {
  for (const Script& says : {Script([](Connection&connection, const std::string&) {
                               connection.send_binary(error_frame("FutureCursor"));
                             }),
                             Script([](Connection&connection, const std::string&) {
                               connection.send_close(1008, "FutureCursor");
                               connection.read_all();
                             })}) {
    serve({says});
    auto with = options();
    with.start = 5'000;
    start(with);
    ASSERT_TRUE(until_state(SourceState::paused));
    EXPECT_NE(source_->status().why.find("FutureCursor"), std::string::npos);
    EXPECT_EQ(server_->connections(), 1);
    EXPECT_EQ(cursors_asked().back(), 5'000U);
    source_.reset();
    recorder_.reset();
    recorder_ = index::Recorder::open(folder_ / "data").value();
  }
}

TEST_F(SourceTest, ACursorCanBeSetWhileItIsPaused) {
  serve({events(5), events(9)});
  start();
  ASSERT_TRUE(until_events(5));
  EXPECT_EQ(source_->set_cursor(2).error().code, Errc::busy);
  source_->pause("for a test");
  EXPECT_EQ(source_->status().state, SourceState::paused);
  EXPECT_TRUE(source_->set_cursor(2).has_value());
  source_->resume();
  ASSERT_TRUE(until_events(9));
  EXPECT_EQ(cursors_asked().at(1), 2U);
  EXPECT_EQ(logged().size(), 9U) << "what is known is not appended again";
}

TEST_F(SourceTest, AFrameThatBreaksTheConnectionThreeTimesIsSetAsideAndPassed) {
  serve({[](Connection& connection, const std::string& head) {
    for (std::uint64_t seq = cursor_of(head).value_or(1); seq <= 6; ++seq)
      connection.send_binary(seq == 4 ? "\xff broken" : identity_frame(seq, did(seq)));
    connection.read_all();
  }});
  start();
  ASSERT_TRUE(until_events(6));
  const auto all = logged();
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[3].first, log::Kind::gap);
  EXPECT_EQ(all[4].second, 5U);
  EXPECT_EQ(server_->connections(), 3);
  EXPECT_EQ(testing::content_of(folder_ / "aside" / "test-3-1"), "\xff broken");
  EXPECT_TRUE(until([&] { return source_->status().set_aside == 1; }));
}

TEST_F(SourceTest, SeveralBrokenFramesInARowAreAllPassed) {
  serve({[](Connection& connection, const std::string& head) {
    for (std::uint64_t seq = cursor_of(head).value_or(1); seq <= 6; ++seq) {
      if (seq == 4) connection.send_binary("\xff one");
      if (seq == 4) connection.send_binary("\xff two");
      if (seq == 4) connection.send_binary("\xff three");
      connection.send_binary(identity_frame(seq, did(seq)));
    }
    connection.read_all();
  }});
  start();
  ASSERT_TRUE(until_events(7));
  const auto all = logged();
  EXPECT_EQ(all[3].first, log::Kind::gap);
  EXPECT_EQ(all[6].second, 6U);
  EXPECT_EQ(server_->connections(), 7);
  EXPECT_EQ(testing::content_of(folder_ / "aside" / "test-3-1"), "\xff one");
  EXPECT_EQ(testing::content_of(folder_ / "aside" / "test-3-3"), "\xff three");
  EXPECT_TRUE(until([&] { return source_->status().set_aside == 3; }));
}

TEST_F(SourceTest, APausedSourceDoesNothingUntilItIsResumed) {
  serve({events(5), events(9)});
  start();
  ASSERT_TRUE(until_events(5));
  source_->pause("for a test");
  EXPECT_EQ(saved(), "5");
  EXPECT_EQ(source_->status().why, "for a test");
  const int before = server_->connections();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(server_->connections(), before);
  source_->resume();
  ASSERT_TRUE(until_events(9));
}

TEST_F(SourceTest, AFilterThatIsChangedHoldsFromThenOnAndIsRecorded) {
  std::atomic<int> round{0};
  serve({[&](Connection& connection, const std::string&) {
    for (std::uint64_t seq = 1; seq <= 4; ++seq) {
      connection.send_binary(identity_frame(seq, did(1 + seq % 2)));
      if (seq == 2) until([&] { return round == 1; });
    }
    connection.read_all();
  }});
  start();
  ASSERT_TRUE(until_events(2));
  ASSERT_TRUE(source_->set_filter({.dids = {did(2)}}).has_value());
  round = 1;
  ASSERT_TRUE(until_events(3));
  EXPECT_TRUE(until(
      [&] { return source_->status().drops[static_cast<std::size_t>(Drop::out_of_scope)] == 1; }));
  int scopes = 0;
  ASSERT_TRUE(recorder_->log()
                  .visit_marks([&](std::string_view key, std::string_view value) {
                    scopes += key.starts_with("scope test ") ? 1 : 0;
                    if (key == "scope test") {
                      EXPECT_NE(value.find(did(2)), std::string_view::npos);
                    }
                    return ok();
                  })
                  .has_value());
  EXPECT_EQ(scopes, 2);
  EXPECT_TRUE(source_->set_filter({.dids = {"nonsense"}}).has_error());
}

TEST_F(SourceTest, AServerThatRefusesIsAskedAgain) {
  std::atomic<int> number{0};
  server_ = std::make_unique<ScriptedServer>([&](Connection& connection, int) {
    if (++number <= 2) {
      connection.read_to("\r\n\r\n");
      connection.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    events(3)(connection, connection.accept_websocket());
  });
  start();
  ASSERT_TRUE(until_events(3));
  EXPECT_NE(source_->status().last_error.find("503"), std::string::npos);
}

TEST_F(SourceTest, AServerThatIsNotThereIsAskedAgainUntilItIsStopped) {
  auto with = options();
  with.url = "ws://127.0.0.1:1";
  start(with);
  EXPECT_TRUE(until([&] { return !source_->status().last_error.empty(); }));
  source_.reset();
}

std::string line(std::uint64_t time_us, std::uint64_t number) {
  return R"({"did":")" + did(number) + R"(","time_us":)" + std::to_string(time_us) +
         R"(,"kind":"account","account":{"active":true,"did":")" + did(number) + R"(","seq":)" +
         std::to_string(number) + R"(,"time":"2026-11-23T00:00:00.000Z"}})";
}

TEST_F(SourceTest, AJetstreamIsAskedForWhatIsWantedAndItsClampIsAGap) {
  constexpr std::uint64_t day = std::uint64_t{86'400} * 1'000'000;
  const std::uint64_t first = std::uint64_t{1'760'000'000} * 1'000'000;
  serve({[=](Connection& connection, const std::string& head) {
    const std::uint64_t from = cursor_of(head) == first ? first + 3 * day : first;
    connection.send_text(R"({"kind":"a message without a time"})");
    connection.send_text(line(from, 1 + (from - first) / day));
    connection.read_all();
  }});
  auto with = options(SourceKind::jetstream);
  with.filter.collections = {"app.bsky.feed.*", "app.bsky.graph.follow"};
  start(with);
  ASSERT_TRUE(until_events(1));
  EXPECT_EQ(
      first_target(),
      "/subscribe?wantedCollections=app.bsky.feed.%2A&wantedCollections=app.bsky.graph.follow");
  source_.reset();
  start(with);
  ASSERT_TRUE(until_events(3));
  EXPECT_EQ(cursors_asked().at(1), first);
  const auto all = logged();
  EXPECT_EQ(all[1].first == log::Kind::gap || all[2].first == log::Kind::gap, true);
}

TEST_F(SourceTest, APackedJetstreamIsAskedForWithTheDictionaryThatThereIs) {
  const auto file = testing::data_folder() / "jetstream/legacy_subscribe.zdict";
  REFOLD_NEEDS_DATA(file);
  const std::string dictionary = testing::read_file(file);
  serve({[=](Connection& connection, const std::string&) {
    for (std::uint64_t number = 1; number <= 3; ++number) {
      const std::string text = line(1'760'000'000'000'000 + number, number);
      connection.send_binary(std::string(text_of(testing::packed_with(dictionary, text))));
    }
    connection.read_all();
  }});
  auto with = options(SourceKind::jetstream);
  with.dictionary = file;
  start(with);
  ASSERT_TRUE(until_events(3));
  EXPECT_EQ(first_target(), "/subscribe?compress=true");
}

std::uint64_t wall_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

TEST_F(SourceTest, WhereNothingHappenedForLongNothingWasLost) {
  const std::uint64_t before = wall_us() - std::uint64_t{600} * 1'000'000;
  std::atomic<bool> late = false;
  serve({[&](Connection& connection, const std::string&) {
    connection.send_text(late ? line(wall_us(), 2) : line(before, 1));
    connection.read_all();
  }});
  const SourceSite at = site();
  const SourceOptions with = options(SourceKind::jetstream);
  const Scope scope;
  SourceBoard board{SourceStatus{}};
  FollowMemory memory;
  const auto follow_for = [&](std::chrono::milliseconds time) {
    std::stop_source stop;
    std::thread follower(
        [&] { static_cast<void>(Follower(at, with, scope, board, memory).run(stop.get_token())); });
    std::this_thread::sleep_for(time);
    stop.request_stop();
    follower.join();
  };
  for (int i = 0; i < 50 && memory.quiet_us == 0; ++i) follow_for(1'300ms + i * 100ms);
  late = true;
  for (int i = 0; i < 500 && recorder_->log().last().value() < 2; ++i) follow_for(50ms + i * 10ms);
  EXPECT_EQ(board.get().gaps, 0U);
  const auto all = logged();
  EXPECT_TRUE(std::all_of(all.begin(), all.end(),
                          [](const auto& one) { return one.first == log::Kind::account; }));
  EXPECT_EQ(all.size(), 2U);
}

TEST_F(SourceTest, ALongLineOfJsonIsLeftOutAndTheConnectionGoesOn) {
  const std::uint64_t first = wall_us();
  serve({[=](Connection& connection, const std::string&) {
    connection.send_text(line(first, 1));
    connection.send_text(R"({"text":")" + std::string(6'500'000, 'x') + "\"}");
    connection.send_text(line(first + 1, 2));
    connection.read_all();
  }});
  start(options(SourceKind::jetstream));
  ASSERT_TRUE(until_events(2));
  EXPECT_TRUE(until(
      [&] { return source_->status().drops[static_cast<std::size_t>(Drop::too_long)] == 1; }));
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(SourceTest, WhatIsTooLargeForAConnectionIsPassedHoweverFarTheNextMessageIs) {
  const std::uint64_t first = wall_us() - 20'000'000;
  serve({[=](Connection& connection, const std::string& head) {
    const std::uint64_t from = cursor_of(head).value_or(0);
    if (from <= first) connection.send_text(line(first, 1));
    // The head of a message of 17 MB is enough.
    if (from <= first + 5'000'000)
      connection.write(std::string("\x81\x7f\0\0\0\0\x01\x10\0\0", 10));
    if (from <= first + 9'000'000) connection.send_text(line(first + 9'000'000, 2));
    connection.read_all();
  }});
  start(options(SourceKind::jetstream));
  ASSERT_TRUE(until_events(5));
  const auto all = logged();
  for (std::size_t gap = 1; gap <= 3; ++gap) EXPECT_EQ(all[gap].first, log::Kind::gap);
  EXPECT_EQ(all[3].second, first + 7'000'000);
  EXPECT_EQ(all[4].first, log::Kind::account);
}

TEST_F(SourceTest, ACursorThatIsTooOldIsAGapAndTheOldestIsAskedFor) {
  server_ = std::make_unique<ScriptedServer>([&](Connection& connection, int number) {
    std::string head = number < 2 ? connection.read_to("\r\n\r\n") : connection.accept_websocket();
    {
      const std::lock_guard lock(mutex_);
      heads_.push_back(head);
    }
    if (number == 2) {
      connection.send_binary(
          R"({"$type":"message","payload":{"$type":"#account","seq":90,"did":")" + did(1) +
          R"(","active":true,"time":"2026-11-23T00:00:00.000Z"}})");
      connection.read_all();
      return;
    }
    const std::string body = R"({"error":"CursorTooOld"})";
    connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
  });
  auto with = options(SourceKind::jetstream_v2);
  with.start = 77;
  start(with);
  ASSERT_TRUE(until([&] { return cursors_asked().size() >= 3; }));
  ASSERT_TRUE(until_events(2));
  const auto asked = cursors_asked();
  EXPECT_EQ(asked[0], 77U);
  EXPECT_EQ(asked[1], 0U);
  EXPECT_EQ(asked[2], std::nullopt);
  const log::Page page = testing::read_all(recorder_->log());
  ASSERT_EQ(page.events.at(1).kind, log::Kind::gap);
  EXPECT_EQ(page.events[1].handle, "78-89") << "what was lost, as far as anybody knows";
}

TEST_F(SourceTest, ACaptureIsReadToItsEndAndTwiceGivesTheSame) {
  Bytes bytes;
  for (std::uint64_t seq = 1; seq <= 500; ++seq) {
    const std::string frame = identity_frame(seq, did(seq));
    put_frame(bytes_of(frame), bytes);
  }
  const auto path = folder_ / "capture";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  auto with = options(SourceKind::capture);
  with.url = path.native();
  for (int i = 0; i < 2; ++i) {
    start(with);
    ASSERT_TRUE(until_state(SourceState::ended)) << source_->status().why;
    EXPECT_EQ(source_->status().messages, 500U);
    EXPECT_EQ(logged().size(), 500U);
    source_.reset();
  }
  std::ofstream(path, std::ios::binary) << line(1'760'000'000'000'000, 900) << "\nnot json\n"
                                        << std::string(9'000'000, 'x') << '\n'
                                        << line(1'760'000'000'000'001, 901);
  start(with);
  ASSERT_TRUE(until_state(SourceState::ended));
  EXPECT_EQ(logged().size(), 502U);
  EXPECT_EQ(source_->status().drops[static_cast<std::size_t>(Drop::not_json)], 1U);
  EXPECT_EQ(source_->status().drops[static_cast<std::size_t>(Drop::too_long)], 1U);
  source_.reset();
  with.url = (folder_ / "none").native();
  start(with);
  ASSERT_TRUE(until_state(SourceState::paused));
  EXPECT_NE(source_->status().why.find("none"), std::string::npos);
}

TEST_F(SourceTest, ACaptureFromAPipeGoesOnWhereItWasPaused) {
  Bytes bytes;
  for (std::uint64_t seq = 1; seq <= 400; ++seq)
    put_frame(bytes_of(identity_frame(seq, did(seq))), bytes);
  const auto path = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto with = options(SourceKind::capture);
  with.url = path.native();
  start(with);
  std::optional<Descriptor> writer(::open(path.c_str(), O_WRONLY));
  const std::size_t some = bytes.size() / 2 + 7;  // inside a frame
  ASSERT_EQ(::write(writer->get(), bytes.data(), some), static_cast<ssize_t>(some));
  ASSERT_TRUE(until_events(195));
  source_->pause("for a test");
  const std::size_t rest = bytes.size() - some;
  ASSERT_EQ(::write(writer->get(), bytes.data() + some, rest), static_cast<ssize_t>(rest));
  source_->resume();
  writer.reset();
  ASSERT_TRUE(until_state(SourceState::ended)) << source_->status().why;
  EXPECT_EQ(logged().size(), 400U);
  EXPECT_EQ(source_->status().messages, 400U);
}

TEST_F(SourceTest, BrokenFramesOfACaptureAreCountedAndToldOfNowAndThen) {
  Bytes bytes;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    put_frame(bytes_of(identity_frame(seq, did(seq))), bytes);
    put_frame(Bytes{0xa2, 0x61, 't'}, bytes);
  }
  const auto path = folder_ / "capture";
  std::ofstream(path, std::ios::binary) << text_of(bytes);
  auto with = options(SourceKind::capture);
  with.url = path.native();
  start(with);
  ASSERT_TRUE(until_state(SourceState::ended)) << source_->status().why;
  EXPECT_EQ(logged().size(), 100U);
  EXPECT_EQ(source_->status().drops[static_cast<std::size_t>(Drop::bad_frame)], 100U);
  const std::lock_guard lock(mutex_);
  EXPECT_LT(std::count(told_.begin(), told_.end(), '\n'), 12);
}

TEST_F(SourceTest, ACaptureOfAFirehoseIsOfAllThatItSends) {
  auto with = options();
  with.url = "ws://127.0.0.1:1";
  with.filter.collections = {"app.bsky.feed.post"};
  const auto refused = record_capture(runtime_, with, folder_ / "capture", 1, {}, {});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, Errc::invalid);
}

TEST_F(SourceTest, WhatIsCapturedOfEitherJetstreamCanBeRead) {
  const std::string newer = R"({"$type":"message","payload":{"$type":"#account","seq":90,"did":")" +
                            did(2) + R"(","active":true,"time":"2026-11-23T00:00:00.000Z"}})";
  serve({[=](Connection& connection, const std::string&) {
    connection.send_text(line(1'760'000'000'000'000, 1));
    connection.send_text(newer);
    connection.read_all();
  }});
  const auto path = folder_ / "capture";
  ASSERT_TRUE(
      record_capture(runtime_, options(SourceKind::jetstream_v2), path, 2, {}, {}).has_value());
  auto with = options(SourceKind::capture);
  with.url = path.native();
  start(with);
  ASSERT_TRUE(until_state(SourceState::ended)) << source_->status().why;
  EXPECT_EQ(logged().size(), 2U);
}

TEST_F(SourceTest, WhatIsCapturedGivesTheSameEventsWhenItIsRead) {
  serve({events(300)});
  const auto path = folder_ / "capture";
  const auto captured = record_capture(runtime_, options(), path, 300, {}, {});
  ASSERT_TRUE(captured.has_value()) << captured.error().message;
  EXPECT_EQ(captured->messages, 300U);
  EXPECT_EQ(captured->bytes, std::filesystem::file_size(path));
  EXPECT_TRUE(record_capture(runtime_, options(), path, 1, {}, {}).has_error()) << "it exists";
  auto with = options(SourceKind::capture);
  with.url = path.native();
  start(with);
  ASSERT_TRUE(until_state(SourceState::ended));
  EXPECT_EQ(logged().size(), 300U);
}

TEST_F(SourceTest, OptionsThatCannotBeAreRefused) {
  const auto why = [&](const std::function<void(SourceOptions&)>& change) {
    auto with = options();
    with.url = "wss://example.com";
    change(with);
    const auto checked = check(with);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(why([](SourceOptions&) {}), "");
  EXPECT_NE(why([](SourceOptions& with) { with.name = ""; }), "");
  EXPECT_NE(why([](SourceOptions& with) { with.name = "a b"; }), "");
  EXPECT_NE(why([](SourceOptions& with) { with.name = std::string(41, 'a'); }), "");
  EXPECT_NE(why([](SourceOptions& with) { with.url = "example.com"; }), "");
  EXPECT_NE(why([](SourceOptions& with) { with.url = "wss://h/" + std::string(300, 'a'); }), "");
  EXPECT_NE(why([](SourceOptions& with) { with.filter.collections = {"*"}; }), "");
  EXPECT_TRUE(source_kind("tap").has_error());
  EXPECT_EQ(source_kind("jetstream-v2").value(), SourceKind::jetstream_v2);
}

TEST_F(SourceTest, SeveralAtOnceGiveOneLog) {
  serve({events(20)});
  Sources sources(site());
  auto one = options();
  auto other = options();
  other.name = "other";
  one.start = other.start = 1;
  ASSERT_TRUE(sources.add(one).has_value());
  ASSERT_TRUE(sources.add(other).has_value());
  EXPECT_EQ(sources.add(other).error().code, Errc::busy);
  EXPECT_TRUE(until([&] {
    const auto all = sources.list();
    return all[0].cursor == 20 && all[1].cursor == 20;
  }));
  EXPECT_EQ(logged().size(), 20U);
  EXPECT_EQ(sources.pause("none", "").error().code, Errc::not_found);
  ASSERT_TRUE(sources.pause("other", "by hand").has_value());
  sources.hold("no room");
  EXPECT_EQ(sources.status("test").value().why, "no room");
  EXPECT_EQ(sources.resume("test").error().code, Errc::busy);
  sources.release();
  EXPECT_TRUE(
      until([&] { return sources.status("test").value().state == SourceState::connected; }));
  EXPECT_EQ(sources.status("other").value().state, SourceState::paused);
  ASSERT_TRUE(sources.remove("other").has_value());
  EXPECT_EQ(sources.list().size(), 1U);
  sources.stop();
  EXPECT_EQ(sources.add(one).error().code, Errc::closed);
}

}  // namespace
}  // namespace refold::ingest
