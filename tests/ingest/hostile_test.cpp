#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zstd.h>

#include <chrono>
#include <map>
#include <thread>

#include "core/atproto/json.h"
#include "core/ingest/jetstream.h"
#include "core/ingest/sources.h"
#include "core/ingest/submitter.h"
#include "tests/ingest/fake_firehose.h"
#include "tests/support/events.h"
#include "tests/support/frame_builder.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_data.h"

namespace refold::ingest {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using testing::ScriptedServer;

constexpr std::size_t memory_max = std::size_t{512} << 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_counts = false;  // most of it is the sanitizer's
#else
constexpr bool memory_counts = true;
#endif

std::size_t most_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1'024;
}

/// A message of Jetstream with a record of this size, packed into next to nothing.
Bytes packed_line(std::size_t record_bytes) {
  const std::string record =
      R"({"$type":"app.bsky.feed.post","text":")" + std::string(record_bytes, 'a') + "\"}";
  const std::string line =
      R"({"did":"did:plc:abc","time_us":7000,"kind":"commit","commit":{"rev":"3n2v6o2ngu42y",)"
      R"("operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":)" +
      record + R"(,"cid":")" + to_text(atproto::cid_of(atproto::cbor_from_json(record).value())) +
      "\"}}";
  Bytes out(ZSTD_compressBound(line.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), line.data(), line.size(), 3));
  return out;
}

/// A frame whose many operations all name one large block.
Bytes repeating_frame() {
  testing::CarBuilder blocks;
  testing::CommitFrame commit;
  const std::string did = testing::did_of("mallory");
  commit.did = did;
  commit.rev = "3n2v6o2ngu42y";
  const auto cid =
      blocks.add(testing::record_of("app.bsky.feed.post", std::string(1'000'000, 'a')));
  for (int i = 0; i < 200; ++i)
    commit.operations.push_back({"create", "app.bsky.feed.post/" + std::to_string(i), cid});
  commit.commit =
      blocks.add(testing::commit_block(did, commit.rev, atproto::cid_of(bytes_of("tree"))));
  const Bytes car = blocks.car(commit.commit);
  commit.blocks = car;
  Bytes out;
  put_commit_frame(commit, out);
  return out;
}

/// What hostile servers do, by the path that they are asked for.
using Script = std::function<void(Connection& connection, const ScriptedServer& server)>;

void without_end(Connection& connection, std::string_view piece) {
  while (connection.write(piece)) continue;
}
void after_handshake(Connection& connection, std::string_view first, std::string_view piece) {
  connection.accept_websocket();
  if (connection.write(first)) without_end(connection, piece);
}

std::map<std::string, Script> hostile_scripts() {
  const std::string much(65'536, 'x');
  std::map<std::string, Script> scripts;
  scripts["slow"] = [](Connection& connection, const ScriptedServer& server) {
    connection.accept_websocket();
    connection.write("\x82\x7e\xff\xff");
    while (!server.ending() && connection.write("x")) std::this_thread::sleep_for(5ms);
  };
  scripts["endless"] = [=](Connection& connection, const ScriptedServer&) {
    after_handshake(connection, Connection::frame(2, "", false), Connection::frame(0, much, false));
  };
  scripts["huge"] = [=](Connection& connection, const ScriptedServer&) {
    after_handshake(connection, std::string("\x82\x7f\x3f\xff\xff\xff\xff\xff\xff\xff", 10), much);
  };
  scripts["garbage"] = [=](Connection& connection, const ScriptedServer&) {
    after_handshake(connection, "", "\xf7 this is no WebSocket");
  };
  scripts["broken"] = [=](Connection& connection, const ScriptedServer&) {
    after_handshake(connection, "", Connection::frame(2, "\xff\xff"));
  };
  scripts["handshake"] = [](Connection& connection, const ScriptedServer&) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 101 Switching Protocols\r\n");
    without_end(connection, "X-More: and more\r\n");
  };
  scripts["refusal"] = [=](Connection& connection, const ScriptedServer&) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    without_end(connection, much);
  };
  scripts["redirecting"] = [](Connection& connection, const ScriptedServer& server) {
    connection.read_to("\r\n\r\n");
    connection.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " +
                     server.url("ws", "/redirecting") + "\r\n\r\n");
  };
  scripts["bomb"] = [=](Connection& connection, const ScriptedServer&) {
    const Bytes line = packed_line(900'000);
    after_handshake(connection, "", Connection::frame(2, text_of(line)));
  };
  scripts["repeating"] = [=](Connection& connection, const ScriptedServer&) {
    const Bytes frame = repeating_frame();
    after_handshake(connection, "", Connection::frame(2, text_of(frame)));
  };
  return scripts;
}

struct Hostile : ::testing::Test {
  testing::TempFolder folder;
  net::Runtime runtime;
  std::unique_ptr<index::Recorder> recorder = index::Recorder::open(folder / "data").value();

  SourceSite site() { return {runtime, *recorder, folder / "aside"}; }
  static SourceOptions options(const std::string& name, const ScriptedServer& server) {
    SourceOptions made;
    made.name = name;
    made.kind = name == "bomb" ? SourceKind::jetstream : SourceKind::firehose;
    made.url = server.url("ws", "/" + name);
    made.private_addresses = true;
    made.backoff = {1ms, 100ms};
    made.start = 1;
    return made;
  }
  static bool until(const std::function<bool()>& so) {
    for (int i = 0; i < 12'000; ++i, std::this_thread::sleep_for(5ms))
      if (so()) return true;
    return false;
  }
};

TEST_F(Hostile, NoServerTakesTheMemoryOrTheTimeOfTheOthers) {
  const auto scripts = hostile_scripts();
  std::unique_ptr<ScriptedServer> bad;
  bad = std::make_unique<ScriptedServer>([&](Connection& connection, int) {
    const std::string head = connection.peek_to(" HTTP");
    const auto start = head.find('/') + 1;
    const auto script = scripts.find(head.substr(start, head.find_first_of("? ", start) - start));
    if (script != scripts.end()) script->second(connection, *bad);
  });
  ScriptedServer good([&](Connection& connection, int) {
    connection.accept_websocket();
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
      connection.send_binary(testing::identity_frame(seq, testing::did_of("alice")));
      std::this_thread::sleep_for(5ms);
    }
    connection.read_all();
  });
  Sources sources(site());
  for (const auto& [name, script] : scripts)
    ASSERT_TRUE(sources.add(options(name, *bad)).has_value()) << name;
  ASSERT_TRUE(sources.add(options("good", good)).has_value());
  EXPECT_TRUE(until([&] { return sources.status("good").value().cursor == 100; }));
  for (const auto& [name, script] : scripts) {
    // It came to what it does, or was refused for it.
    EXPECT_TRUE(until([&, of = std::string_view(name)] {
      const SourceStatus status = sources.status(of).value();
      return status.connections > 0 || !status.last_error.empty();
    })) << name;
  }
  sources.stop();
  if (memory_counts) {
    EXPECT_LT(most_memory(), memory_max);
  }
}

TEST_F(Hostile, WhatComesPackedCountsAsWhatItBecomes) {
  const auto decoder = JetstreamDecoder::make(JetstreamVersion::v1).value();
  Submitter submitter(*recorder, "test");
  const Bytes message = packed_line(900'000);
  for (int sent = 0; sent < 100 && !submitter.full(); ++sent) {
    (void)decoder->decode(message, submitter.batch());
    submitter.count_bytes(message.size());
  }
  EXPECT_LT(submitter.batch().arena.used_bytes(), 2 * Submitter::batch_bytes_max);
}

TEST_F(Hostile, AServerThatSendsNothingGoodIsAskedLessAndLess) {
  ScriptedServer server([](Connection& connection, int) {
    connection.accept_websocket();
    connection.send_binary("\xff\xff");
    connection.send_close(1000, "");
  });
  SourceOptions with = options("broken", server);
  with.backoff = {1ms, 60s};
  const auto source = Source::start(site(), with).value();
  ASSERT_TRUE(until([&] { return server.connections() >= 9; }));
  std::this_thread::sleep_for(200ms);
  EXPECT_LE(server.connections(), 11);
}

TEST_F(Hostile, ASourceIsRemovedOnceHoweverManyRemoveIt) {
  ScriptedServer server([](Connection& connection, int) {
    connection.accept_websocket();
    connection.read_all();
  });
  Sources sources(site());
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(sources.add(options("one", server)).has_value());
    std::vector<std::thread> removers;
    for (int i = 0; i < 4; ++i)
      removers.emplace_back([&] { static_cast<void>(sources.remove("one")); });
    for (std::thread& remover : removers) remover.join();
    EXPECT_TRUE(sources.list().empty());
  }
}

}  // namespace
}  // namespace refold::ingest
