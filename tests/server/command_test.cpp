#include "core/cli/engine_command.h"
#include "core/server/serve.h"
#include "tests/cli/program.h"
#include "tests/server/fixture.h"
#include "tests/support/fake_repo_host.h"

namespace refold::server {
namespace {

using cli::Finished;
using cli::Running;

/// An engine over `data`, as `refold` finds it there, and `refold` itself.
struct CommandTest : ServerTest {
  std::unique_ptr<net::Runtime> runtime;
  std::unique_ptr<net::HttpServer> socket;
  std::optional<cli::EngineHandles> handles;

  CommandTest() {
    post_some("alice", 5);
    load("tally");
    catch_up("tally");
    become_live("tally");
  }
  ~CommandTest() override { stop(); }

  void start() {
    Services services{recorder->log(), *projections};
    services.recorder = recorder.get();
    services.run_command = [this](const CommandRequest& asked, CommandConsole& console) {
      return cli::commands_over(*handles)(asked, console);
    };
    server = std::make_unique<Server>(std::move(services), server_options, server_limits);
    handles.emplace(cli::EngineHandles{recorder->log(), *recorder, *projections, server->jobs()});
    runtime = std::make_unique<net::Runtime>();
    socket = good(net::HttpServer::start(*runtime, net::LocalEndpoint{data / "refold.sock"},
                                         handler_of(*server)));
  }
  void stop() {
    if (server) server->stop();
    if (socket) socket->stop(std::chrono::milliseconds(1000));
    socket.reset();
    server.reset();
    runtime.reset();
  }
  /// The engine ends, and the files are free.
  void leave() {
    stop();
    projections.reset();
    recorder.reset();
  }

  /// From now on, whatever folds moody hangs until it is released.
  void hang_moody() {
    load("moody");
    catch_up("moody");
    become_live("moody");
    projection::mood().text = "hello";
    projection::mood().what = projection::Mood::What::hang;
  }

  std::vector<std::string> with_data(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), cli::binary);
    arguments.insert(arguments.end(), {"--data", data.string()});
    return arguments;
  }
  Finished refold(std::vector<std::string> arguments, const std::string& input = "/dev/null") {
    return Running(folder, with_data(std::move(arguments)), input).finish();
  }
};

TEST_F(CommandTest, CommandsSayTheSameWithAnEngineAndWithout) {
  const std::vector<std::vector<std::string>> commands = {
      {"log", "stat", "--json"},
      {"log", "root"},
      {"log", "read", "--json"},
      {"log", "show", "3"},
      {"log", "verify"},
      {"log", "show", "77"},
      {"log", "read", "--limit", "x"},
  };
  std::vector<Finished> there;
  start();
  for (const auto& command : commands) there.push_back(refold(command));
  leave();
  for (std::size_t at = 0; at < commands.size(); ++at) {
    const Finished here = refold(commands[at]);
    EXPECT_EQ(here.out, there[at].out) << commands[at][1];
    EXPECT_EQ(here.err, there[at].err) << commands[at][1];
    EXPECT_EQ(here.status, there[at].status) << commands[at][1];
  }
  EXPECT_EQ(there[0].status, 0) << there[0].err;
}

TEST_F(CommandTest, CommandsUseWhatTheEngineHasOpen) {
  start();
  // Of the plugin that is built into this process, the other program knows nothing.
  const Finished asked = refold({"query", "tally", "count", "key=app.bsky.feed.post"});
  EXPECT_EQ(asked.out, "5\n") << asked.err;
  const Finished paused = refold({"projection", "pause", "tally"});
  EXPECT_EQ(paused.status, 0) << paused.err;
  EXPECT_EQ(status("tally").state(), "paused");
  EXPECT_EQ(refold({"projection", "resume", "tally"}).status, 0);
  const Finished replayed = refold({"projection", "replay", "tally"});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("generation 2 of 'tally' is live"));
  const Finished verified = refold({"projection", "verify", "tally"});
  EXPECT_THAT(verified.out, HasSubstr("as in a rebuild: ok")) << verified.err;
  EXPECT_THAT(refold({"projection", "list"}).out, HasSubstr("tally"));
  EXPECT_THAT(refold({"jobs", "list"}).out, HasSubstr("projection verify tally"));
}

TEST_F(CommandTest, WhatIsTypedOnStandardInputComesToTheEngineByteForByte) {
  // Longer than one piece, and with a last line that is refused in the middle of it.
  std::string lines;
  for (int at = 0; at < 20'000; ++at) lines += "{\"no\":\"event\"}\n";
  lines += std::string("\0\xff\n", 3);
  cli::write_file(folder / "lines", lines);
  start();
  const Finished there = refold({"import", "-"}, folder / "lines");
  const Finished from_file = refold({"import", (folder / "lines").string()});
  leave();
  const Finished here = refold({"import", "-"}, folder / "lines");
  EXPECT_EQ(there.status, 3) << there.err;
  EXPECT_EQ(there.status, here.status);
  EXPECT_EQ(from_file.status, here.status);
  EXPECT_EQ(there.err, here.err);
}

TEST_F(CommandTest, AFollowerEndsWithItsInterruption) {
  start();
  Running tail(folder, with_data({"log", "tail", "--follow"}));
  ASSERT_TRUE(tail.prints("alice"));
  post_some("bob", 1, 77);
  ASSERT_TRUE(tail.prints("bob"));
  tail.signal(SIGINT);
  EXPECT_EQ(tail.finish().status, 130);
  EXPECT_TRUE(comes_true([&] { return server->jobs().list().empty(); }));
}

TEST_F(CommandTest, ACommandWhoseClientIsKilledEndsUnlessItHasSomethingToFinish) {
  start();
  {
    Running tail(folder, with_data({"log", "tail", "--follow"}));
    ASSERT_TRUE(tail.prints("alice"));
  }
  EXPECT_TRUE(comes_true([&] { return server->jobs().list().empty(); }));
  hang_moody();
  {
    Running verify(folder, with_data({"projection", "verify", "moody"}));
    ASSERT_TRUE(comes_true([&] { return projection::mood().hanging > 0; }));
  }
  EXPECT_THAT(refold({"jobs", "list"}).out, HasSubstr("running"));
  projection::mood().released = true;
  EXPECT_THAT(refold({"jobs", "follow", "2"}).out, HasSubstr("as in a rebuild"));
}

TEST_F(CommandTest, ACommandThatDoesNotAskEndsWhenItIsInterrupted) {
  start();
  projection::calls().query_pause_ms = 5'000;
  Running query(folder, with_data({"query", "tally", "all"}));
  ASSERT_TRUE(comes_true([&] { return projection::calls().queries > 0; }));
  query.signal(SIGINT);
  const Finished ended = query.finish();
  projection::calls().query_pause_ms = 0;
  EXPECT_EQ(ended.status, 130);
  EXPECT_EQ(ended.out, "");
}

TEST_F(CommandTest, AReplayIsAJobThatGoesOnWhenItsClientLeaves) {
  start();
  hang_moody();
  Running replay(folder, with_data({"projection", "replay", "moody"}));
  ASSERT_TRUE(comes_true([&] { return projection::mood().hanging > 0; }));
  replay.signal(SIGINT);
  const Finished left = replay.finish();
  EXPECT_EQ(left.status, 130);
  EXPECT_THAT(left.err, HasSubstr("it goes on in the engine, as job 1"));
  // Alone, it lists.
  EXPECT_THAT(refold({"jobs"}).out, HasSubstr("projection replay moody"));
  projection::mood().released = true;
  const Finished followed = refold({"jobs", "follow", "1"});
  EXPECT_THAT(followed.out, HasSubstr("generation 2 of 'moody' is live")) << followed.err;
}

TEST_F(CommandTest, AVerificationGoesOnInTheEngineWhenItIsInterrupted) {
  start();
  hang_moody();
  Running verify(folder, with_data({"projection", "verify", "moody"}));
  ASSERT_TRUE(comes_true([&] { return projection::mood().hanging > 0; }));
  verify.signal(SIGINT);
  const Finished left = verify.finish();
  EXPECT_EQ(left.status, 130);
  EXPECT_THAT(left.err, HasSubstr("it goes on in the engine, as job 1"));
  EXPECT_THAT(refold({"jobs", "list"}).out, HasSubstr("projection verify moody"));
  projection::mood().released = true;
  const Finished followed = refold({"jobs", "follow", "1"});
  EXPECT_THAT(followed.out + followed.err, HasSubstr("as in a rebuild")) << followed.status;
  EXPECT_THAT(refold({"jobs", "follow", "99"}).err, HasSubstr("no job 99"));
}

TEST_F(CommandTest, ABackfillGoesOnInTheEngineWhenItsClientLeaves) {
  std::atomic<bool> ready = false;
  testing::FakeRepoHost host([&](const net::Request& request) -> std::optional<net::Response> {
    if (ready || !request.path.ends_with("getRepo")) return std::nullopt;
    return net::Response{503, "", {{"Retry-After", "1"}}, ""};
  });
  const std::string did = testing::did_of("erin");
  host.put(did, testing::repo_car(did, 5, {{"app.bsky.feed.post/1", "one"}}));
  start();
  Running backfill(folder,
                   with_data({"backfill", "--host", host.url(), "--private-addresses", "--json"}));
  ASSERT_TRUE(comes_true([&] { return !host.asked().empty(); }));
  backfill.signal(SIGINT);
  const Finished left = backfill.finish();
  EXPECT_EQ(left.status, 130);
  EXPECT_THAT(left.err, HasSubstr("it goes on in the engine, as job 1"));
  EXPECT_THAT(refold({"jobs", "list"}).out, HasSubstr("backfill --host"));
  ready = true;
  const Finished followed = refold({"jobs", "follow", "1"});
  EXPECT_THAT(followed.out, HasSubstr("\"appended\":1,")) << followed.err;
  EXPECT_TRUE(recorder->repo(did).value().has_value());
  // Cancelled, it ends, and says that it can go on.
  ready = false;
  Running cancelled(folder, with_data({"backfill", "--host", host.url(), "--private-addresses"}));
  std::uint64_t job = 0;
  ASSERT_TRUE(comes_true([&] {
    for (const JobStatus& one : server->jobs().list()) {
      if (one.state == JobState::running && one.what.starts_with("backfill")) job = one.id;
    }
    return job != 0;
  }));
  EXPECT_EQ(refold({"jobs", "cancel", std::to_string(job)}).status, 0);
  const Finished ended = cancelled.finish();
  EXPECT_EQ(ended.status, 130);
}

TEST_F(CommandTest, AnotherReleaseIsRefusedWithBothVersions) {
  start();
  CommandRequest asked;
  asked.version = "refold 0.0.1";
  asked.arguments = {"log", "stat"};
  net::Request sent = request("POST", "/control/commands");
  sent.local = true;
  sent.body = encode(asked);
  const auto heard = begin(sent);
  ASSERT_TRUE(comes_true([&] { return heard->ended(); }));
  EXPECT_THAT(heard->streamed(), HasSubstr("another release"));
}

TEST_F(CommandTest, TheSocketIsForItsOwnerOnly) {
  start();
  struct stat found {};
  ASSERT_EQ(::stat((data / "refold.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(CommandTest, ASocketThatNobodyListensOnIsNoEngine) {
  start();
  leave();
  cli::write_file(data / "refold.sock", "");
  EXPECT_EQ(refold({"log", "root"}).status, 0);
  EXPECT_THAT(refold({"jobs", "list"}).err, HasSubstr("none runs over this data directory"));
}

}  // namespace

TEST(JobList, HasRoomForCommandsWhenAllThreadsOfJobsAreTaken) {
  Jobs jobs({1, 10});
  const auto work = [](Job& job) -> Result<std::string> {
    while (!job.cancelled()) std::this_thread::sleep_for(1ms);
    return Error{Errc::closed, "cancelled"};
  };
  ASSERT_TRUE(jobs.start("long work", "somebody", work).has_value());
  EXPECT_EQ(jobs.start("more work", "somebody", work).error().code, Errc::busy);
  for (int at = 0; at < 40; ++at) EXPECT_TRUE(jobs.add("jobs list", "command line").has_value());
  jobs.cancel_all();
}

TEST(Commands, ARequestIsReadAsItWasWritten) {
  CommandRequest request;
  request.version = "refold 1";
  request.arguments = {"", std::string("a\0\xff", 3), "x y"};
  request.folder = "/somewhere";
  request.data = "data";
  request.err = {true, true, false, 93};
  request.input_is_terminal = true;
  const std::string sent = encode(request);
  const auto read = decode_command(sent).value();
  EXPECT_EQ(read.arguments, request.arguments);
  EXPECT_EQ(read.folder, request.folder);
  EXPECT_EQ(read.data, request.data);
  EXPECT_EQ(read.err.columns, 93U);
  EXPECT_TRUE(read.err.redraws);
  EXPECT_FALSE(read.err.colours);
  EXPECT_TRUE(read.input_is_terminal);
  for (std::size_t size = 0; size < sent.size(); ++size) {
    EXPECT_TRUE(decode_command(sent.substr(0, size)).has_error()) << size;
  }
  EXPECT_TRUE(decode_command(sent + "x").has_error());
}

TEST(Commands, FramesComeWholeWhereverTheirBytesAreCut) {
  const std::string sent =
      frame(FrameKind::out, "hello") + frame(FrameKind::err, "") + frame(FrameKind::ended, "3");
  for (std::size_t cut = 0; cut <= sent.size(); ++cut) {
    std::string seen;
    FrameReader reader;
    const auto take = [&](FrameKind kind, std::string_view content) -> Result<void> {
      seen += std::to_string(static_cast<int>(kind)) + ":" + std::string(content) + ";";
      return ok();
    };
    ASSERT_TRUE(reader.read(bytes_of(sent).first(cut), take).has_value());
    ASSERT_TRUE(reader.read(bytes_of(sent).subspan(cut), take).has_value());
    EXPECT_EQ(seen, "2:hello;3:;6:3;");
  }
  FrameReader reader;
  EXPECT_TRUE(reader
                  .read(bytes_of("HTTP/1.1"),
                        [](FrameKind, std::string_view) -> Result<void> { return ok(); })
                  .has_error());
}

}  // namespace refold::server
