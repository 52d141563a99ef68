#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zstd.h>

#include <chrono>
#include <map>
#include <thread>

#include "core/atproto/json.h"
#include "core/ingest/backfill/backfill.h"
#include "core/ingest/jetstream.h"
#include "core/ingest/repo.h"
#include "core/ingest/sources.h"
#include "core/ingest/submitter.h"
#include "tests/ingest/fake_firehose.h"
#include "tests/support/drafts.h"
#include "tests/support/events.h"
#include "tests/support/fake_repo_host.h"
#include "tests/support/frame_builder.h"
#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_data.h"

namespace refold::ingest {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using testing::ScriptedServer;

constexpr std::size_t memory_max = std::size_t{512} << 20;

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

/// A repo whose many records are all one large block.
Bytes repeating_repo(const std::string& did, int records, std::size_t record_bytes) {
  testing::CarBuilder blocks;
  testing::RepoKeys keys;
  const auto cid =
      blocks.add(testing::record_of("app.bsky.feed.post", std::string(record_bytes, 'a')));
  for (int i = 0; i < records; ++i) keys.emplace("app.bsky.feed.post/" + std::to_string(i), cid);
  const auto tree = add_tree(keys, blocks);
  return blocks.car(blocks.add(testing::commit_block(did, to_text(testing::rev(5)), tree)));
}

/// A tree of long keys, which are short in their nodes, for each shares its beginning with the one
/// before; its last subtree is not there.
class LongKeys {
 public:
  explicit LongKeys(testing::CarBuilder& car) : car_(car), open_(64) {}
  void add(const std::string& key, const atproto::Cid& record) {
    const unsigned layer = atproto::mst_layer(key);
    auto below = close_below(layer);
    Open& here = open_[layer];
    (here.node.entries.empty() ? here.node.left : here.node.entries.back().right) = below;
    const bool first = here.node.entries.empty();
    const std::size_t prefix = first ? 0 : atproto::common_prefix(here.last, key);
    here.node.entries.push_back({prefix, key.substr(prefix), record, std::nullopt});
    here.last = key;
    top_ = std::max(top_, layer);
  }
  atproto::Cid finish_without_the_last() {
    open_[top_].node.entries.back().right = atproto::cid_of(bytes_of("not there"));
    return car_.add(open_[top_].node.block());
  }

 private:
  struct Open {
    testing::BuiltNode node;
    std::string last;
  };
  std::optional<atproto::Cid> close_below(unsigned layer) {
    std::optional<atproto::Cid> carried;
    for (unsigned at = 0; at < layer; ++at) {
      testing::BuiltNode node = std::exchange(open_[at], {}).node;
      if (node.entries.empty() && !carried) continue;
      (node.entries.empty() ? node.left : node.entries.back().right) = carried;
      carried = car_.add(node.block());
    }
    return carried;
  }
  testing::CarBuilder& car_;
  std::vector<Open> open_;
  unsigned top_ = 0;
};

Bytes repo_of_long_keys(const std::string& did, int records) {
  testing::CarBuilder blocks;
  LongKeys keys(blocks);
  const std::string start = "app.bsky.feed.post/" + std::string(500, 'a');
  const auto record = atproto::cid_of(bytes_of("nowhere"));
  int added = 0;
  for (int i = 0; added < records; ++i) {
    // In as few nodes as their size allows: the first key of each stands there as a whole.
    const std::string key = start + std::to_string(1'000'000 + i);
    if (atproto::mst_layer(key) != (added % 20'000 == 19'999 ? 1U : 0U)) continue;
    keys.add(key, record);
    ++added;
  }
  const auto tree = keys.finish_without_the_last();
  return blocks.car(blocks.add(testing::commit_block(did, to_text(testing::rev(5)), tree)));
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
  if (!testing::sanitized) {
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

TEST_F(Hostile, ARepoThatNamesOneBlockForManyRecordsDoesNotFillTheLog) {
  constexpr int records = 1'000;
  const std::string did = testing::did_of("mallory");
  const Bytes car = repeating_repo(did, records, 500'000);
  Drops drops;
  const auto imported = import_repo(car, *recorder, "test", drops).value();
  EXPECT_EQ(imported.outcome.appended, static_cast<std::uint64_t>(records));
  EXPECT_GT(imported.outcome.missing, static_cast<std::uint64_t>(records * 9 / 10));
  EXPECT_LT(imported.outcome.missing, static_cast<std::uint64_t>(records - 10));
  EXPECT_EQ(import_repo(car, *recorder, "test", drops).value().outcome.appended, 0U);
  EXPECT_LT(recorder->log().stat().value().tail_bytes, std::uint64_t{64} << 20);
}

TEST_F(Hostile, KeysOfARepoTakeNoMoreMemoryThanInTheirArchive) {
  const std::string did = testing::did_of("mallory");
  const Bytes car = repo_of_long_keys(did, 60'000);
  ASSERT_LT(car.size(), std::size_t{8} << 20);
  Drops drops;
  const std::size_t before = most_memory();
  EXPECT_EQ(import_repo(car, *recorder, "test", drops).error().code, Errc::not_found);
  if (!testing::sanitized) {
    EXPECT_LT(most_memory() - before, std::size_t{20} << 20);
  }
}

TEST_F(Hostile, ATreeOfMoreRecordsThanAllowedIsRefused) {
  const std::string did = testing::did_of("mallory");
  Drops drops;
  RepoOptions with;
  with.blocks_max = 999;
  const auto imported = import_repo(repeating_repo(did, 1'000, 10), *recorder, "test", drops, with);
  ASSERT_TRUE(imported.has_error());
  EXPECT_EQ(imported.error().code, Errc::too_large);
  EXPECT_EQ(recorder->log().last().value(), 0U);
}

TEST_F(Hostile, AHostOfSuchReposHoldsNoOtherRepoUp) {
  testing::FakeRepoHost host;
  BackfillOptions with;
  for (const std::string who : {"mallory", "mia", "max", "moe"}) {
    const std::string did = testing::did_of(who);
    host.put(did, std::string(text_of(who == "mallory" ? repeating_repo(did, 1'000, 500'000)
                                                       : repo_of_long_keys(did, 10'000))));
    with.dids.push_back(did);
  }
  with.dids.push_back(testing::did_of("zoe"));
  host.put(with.dids.back(),
           testing::repo_car(with.dids.back(), 5, {{"app.bsky.feed.post/1", "one"}}));
  with.folder = folder / "backfill";
  with.host = host.url();
  with.asker.peer.private_addresses = true;
  const auto backfill = Backfill::start(*recorder, with).value();
  while (!backfill->wait(1s)) continue;
  EXPECT_FALSE(backfill->trouble().has_value());
  EXPECT_EQ(backfill->status().failed, 3U);
  EXPECT_TRUE(
      recorder->head(testing::did_of("zoe"), "app.bsky.feed.post", "1").value().has_value());
  if (!testing::sanitized) {
    EXPECT_LT(most_memory(), memory_max);
  }
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
  EXPECT_LE(server.connections(), 14);
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
