#include "core/engine/source_book.h"
#include "tests/cli/fixture.h"
#include "tests/engine/network_fixture.h"
#include "tests/ingest/fake_firehose.h"

namespace refold::engine {
namespace {

/// An engine that follows a capture of some posts.
class Followed : public Network {
 protected:
  void capture_of(int posts) {
    std::string text;
    cli::Lines made;
    for (int at = 0; at < posts; ++at) {
      text += made.create("did:plc:6jlqryvvk2fvjkmccgifkff5", "r" + std::to_string(at),
                          R"({"$type":"app.bsky.feed.post","text":"hello"})");
    }
    std::ofstream(folder / "events.jsonl") << text;
  }
  bool is(const std::string& name, ingest::SourceState state) {
    return comes_true([&] { return good(engine->source_keeper().status(name)).state == state; });
  }
};

TEST_F(Followed, WhatASourceBringsIsAnsweredOverHttp) {
  capture_of(3);
  config.sources = {capture("file")};
  config.projections.push_back({"counts", library("counts")});
  start();
  ASSERT_TRUE(says("'counts' is loaded"));
  const std::string answer =
      over_http("/projections/counts/query/count?collection=app.bsky.feed.post&min_seq=3");
  EXPECT_THAT(answer, HasSubstr("{\"count\":3}"));
  EXPECT_THAT(answer, HasSubstr("Refold-Seq: 3"));
  EXPECT_TRUE(is("file", ingest::SourceState::ended));
}

TEST_F(Followed, MetricsTellOfSourcesAndOfRecording) {
  capture_of(3);
  config.sources = {capture("file")};
  start();
  ASSERT_TRUE(is("file", ingest::SourceState::ended));
  const std::string metrics = over_http("/metrics");
  EXPECT_THAT(metrics, HasSubstr("refold_source_events_total{source=\"file\"} 3\n"));
  EXPECT_THAT(metrics, HasSubstr("refold_recorder_crowded 0\n"));
}

TEST_F(Followed, WhatALiveSourceHasLostIsANoteOfReadinessAndNoReasonAgainstIt) {
  const refold::testing::ScriptedServer server(
      [](refold::testing::Connection& connection, int /*number*/) {
        (void)connection.accept_websocket();
        connection.send_binary(refold::testing::info_frame("OutdatedCursor"));
        connection.send_binary(
            refold::testing::identity_frame(100, "did:plc:6jlqryvvk2fvjkmccgifkff5"));
        (void)connection.read_all();
      });
  SourceConfig live;
  live.name = "live";
  live.kind = ingest::SourceKind::firehose;
  live.url = server.url("ws", "");
  live.private_addresses = true;
  live.start = "5";
  config.sources = {live};
  start();
  EXPECT_TRUE(comes_true([&] {
    return over_http("/readyz").find("source live has lost events: 1 gap") != std::string::npos;
  }));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("\"ready\":true"));
}

TEST_F(Followed, ASourceThatCommandsAddedGivesWayToTheConfigurations) {
  capture_of(1);
  start();
  good(engine->source_keeper().add(capture("one")));
  good(engine->source_keeper().add(capture("two")));
  config.sources = {capture("two")};
  (void)engine->reload(config);
  const SourceBook book = good(read_source_book(data));
  ASSERT_EQ(book.sources.size(), 1U);
  EXPECT_EQ(book.sources[0].name, "one");
  EXPECT_EQ(engine->sources().list().size(), 2U);
  EXPECT_EQ(engine->source_keeper().remove("two").error().code, Errc::unsupported);
}

/// A firehose that nobody serves.
SourceConfig unheard(const std::string& name, const std::string& host) {
  SourceConfig source;
  source.name = name;
  source.url = "ws://" + host + ":1";
  source.private_addresses = true;
  return source;
}

TEST_F(Followed, ASourceThatCannotBeHadAnyMoreIsToldUntilItCan) {
  config.sources = {unheard("far", "127.0.0.1")};
  start();
  index::DraftBatch batch;
  batch.source = "far";
  batch.extras.cursors.push_back({ingest::cursor_name(source_options(config.sources[0])), "12281"});
  good(engine->recorder().record(std::move(batch)));
  config.sources = {unheard("far", "127.0.0.2")};
  const auto has = [](const std::vector<std::string>& said, const std::string& words) {
    return std::any_of(said.begin(), said.end(), [&](const std::string& line) {
      return line.find(words) != std::string::npos;
    });
  };
  EXPECT_TRUE(has(engine->reload(config),
                  "source.far: it could not be started: source 'far' has "
                  "followed another host"));
  const auto all = engine->source_keeper().list();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "far");
  EXPECT_THAT(all[0].why, HasSubstr("followed another host"));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("followed another host"));
  EXPECT_THAT(engine->source_keeper().pause("far").error().message, HasSubstr("another host"));
  // Told again, though nothing has changed; and tried again.
  EXPECT_TRUE(has(engine->reload(config), "followed another host"));
  config.sources[0].start = "oldest";
  EXPECT_FALSE(has(engine->reload(config), "followed another host"));
  EXPECT_EQ(engine->source_keeper().list()[0].url, "ws://127.0.0.2:1");
}

TEST_F(Followed, ANameThatIsTakenIsTakenThoughItsSourceDoesNotRun) {
  capture_of(1);
  config.sources = {unheard("none", "127.0.0.1")};
  config.sources[0].url = "nonsense";
  start();
  EXPECT_EQ(engine->source_keeper().add(capture("none")).error().code, Errc::busy);
  good(engine->source_keeper().add(capture("one")));
  EXPECT_EQ(engine->source_keeper().add(capture("one")).error().code, Errc::busy);
  engine.reset();
  start();
  EXPECT_EQ(good(read_source_book(data)).sources.size(), 1U);
}

TEST_F(Followed, WhoeverSaysLastThatASourceRestsIsTheReason) {
  config.sources = {unheard("far", "127.0.0.1")};
  start();
  config.limits.disk_free_min = std::uint64_t{1} << 60;
  (void)engine->reload(config);
  EXPECT_THAT(good(engine->source_keeper().status("far")).why, HasSubstr("disk_free_min"));
  EXPECT_THAT(engine->source_keeper().held(), HasSubstr("disk_free_min"));
  good(engine->source_keeper().pause("far"));
  config.limits.disk_free_min = 1;
  (void)engine->reload(config);
  EXPECT_EQ(good(engine->source_keeper().status("far")).why, paused_by_command);
  EXPECT_EQ(engine->source_keeper().held(), "");
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(Followed, WhatCommandsChangeIsSoAfterARestart) {
  capture_of(1);
  start();
  good(engine->source_keeper().add(capture("one")));
  good(engine->source_keeper().set_filter("one", {"com.example.*"}, {}));
  EXPECT_EQ(engine->source_keeper().set_filter("one", {"no such"}, {}).error().code, Errc::invalid);
  engine.reset();
  start();
  EXPECT_EQ(good(engine->source_keeper().status("one")).filter.collections,
            std::vector<std::string>{"com.example.*"});
}

TEST_F(Followed, ABookThatWasSpoiltIsToldWithItsPlaceAndNothingStarts) {
  std::ofstream(source_book_file(data)) << "paused = 5\n";
  const auto refused = Engine::start(config, logging, {refold::testing::runner});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("sources.toml:1:"));
  EXPECT_THAT(refused.error().message, HasSubstr("paused: "));
}

TEST_F(Followed, ASourceThatRestsByCommandIsNoReasonNotToBeReady) {
  capture_of(1);
  start();
  good(engine->source_keeper().add(capture("one")));
  good(engine->source_keeper().pause("one"));
  EXPECT_THAT(over_http("/readyz"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(Followed, TheShippedCaptureIsOneLogInBothForms) {
  SourceConfig frames = capture("frames");
  frames.file = REFOLD_SOURCE_DIR "/examples/data/frames.zst";
  SourceConfig json = capture("lines");
  json.file = REFOLD_SOURCE_DIR "/examples/data/events.jsonl.gz";
  config.sources = {frames};
  start();
  ASSERT_TRUE(is("frames", ingest::SourceState::ended));
  config.sources.push_back(json);
  (void)engine->reload(config);
  ASSERT_TRUE(is("lines", ingest::SourceState::ended));
  const auto first = good(engine->source_keeper().status("frames"));
  const auto second = good(engine->source_keeper().status("lines"));
  EXPECT_GT(first.outcome.appended, 1'000U);
  EXPECT_EQ(second.outcome.appended, 0U);
  EXPECT_GT(second.outcome.known, 1'000U);
  EXPECT_EQ(first.why + second.why, "");
}

TEST(Book, IsReadAsItWasWritten) {
  const TempFolder folder;
  SourceBook book;
  SourceConfig source;
  source.name = "a-b";
  source.kind = SourceKind::jetstream;
  source.url = "wss://example.com/subscribe";
  source.collections = {"app.bsky.*", "com.example.thing"};
  source.dids = {"did:plc:6jlqryvvk2fvjkmccgifkff5"};
  source.start = "12281";
  source.private_addresses = true;
  source.ca_file = folder / "with \"quotes\" and \\.pem";
  source.dictionary = folder / "dictionary";
  book.sources = {source};
  book.paused = {"a-b", "other"};
  ASSERT_TRUE(write_source_book(folder.path(), book).has_value());
  const auto read = read_source_book(folder.path());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, book);
}

}  // namespace
}  // namespace refold::engine
