#include "tests/cli/with_engine.h"

namespace refold::cli {
namespace {

/// `refold` beside an engine that runs, which has streams of its own.
class Engine : public WithEngine {
 protected:
  ~Engine() override { engine_.reset(); }

  void start(const std::string& toml) {
    file("refold.toml", "data = \"data\"\nlimits.disk_free_min = \"1MiB\"\n" + toml);
    start();
  }
  /// Once more, with the configuration that there is.
  void start() {
    std::filesystem::remove(streams_ / "stderr");
    engine_ = std::make_unique<Running>(
        streams_, std::vector<std::string>{binary, "run", "--config", folder_ / "refold.toml"});
    ASSERT_TRUE(says(streams_, "running, pid ")) << content_of(streams_ / "stderr");
  }
  /// In good order, or the test fails.
  void stop() {
    engine_->signal(SIGTERM);
    const Finished done = engine_->finish();
    EXPECT_EQ(done.status, 0) << done.err;
    engine_.reset();
  }
  Finished source(std::vector<std::string> arguments) { return on("source", std::move(arguments)); }
  /// What the list has of the only source.
  std::string only(const std::string& key) {
    const Finished listed = source({"list", "--json"});
    const simdjson::dom::array all = json(listed);
    EXPECT_EQ(all.size(), 1U) << listed.out;
    return all.size() == 1 ? std::string(all.at(0)[key].get_string().value()) : "";
  }
  bool becomes(const std::string& state) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (only("state") == state) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::string capture(int posts) {
    std::string text;
    for (int at = 1; at <= posts; ++at) text += post("post" + std::to_string(at));
    return file("events.jsonl", text);
  }
  static std::string capture_source(const std::string& events) {
    return "[[source]]\nname = \"file\"\nkind = \"capture\"\nfile = \"" + events + "\"\n";
  }

  TempFolder streams_;
  std::unique_ptr<Running> engine_;
};

TEST_F(Engine, WhatItsSourcesBringIsFoldedByAPluginThatIsLoadedWhileItRuns) {
  start(capture_source(capture(3)));
  const Finished loaded = plugin({"load", library("counts")});
  ASSERT_EQ(loaded.status, 0) << loaded.err;
  EXPECT_TRUE(becomes("ended"));
  EXPECT_EQ(refold({"projection", "wait", "counts"}).status, 0);
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
  stop();
}

TEST_F(Engine, CommandsSayTheSameWithAnEngineAndWithout) {
  start(capture_source(capture(3)));
  ASSERT_EQ(plugin({"load", library("counts")}).status, 0);
  ASSERT_TRUE(becomes("ended"));
  ASSERT_EQ(refold({"projection", "wait", "counts"}).status, 0);
  const std::vector<std::vector<std::string>> commands = {
      {"log", "tail"},
      {"events", "--json"},
      {"log", "cursors"},
      {"projection", "list"},
      {"plugin", "list"},
      {"query", "counts", "count", "collection=a"},
      {"projection", "rows", "counts", "nothing"},
      {"log", "verify"},
  };
  std::vector<Finished> there;
  for (const auto& command : commands) there.push_back(refold(command));
  stop();
  for (std::size_t at = 0; at < commands.size(); ++at) {
    const Finished here = refold(commands[at]);
    EXPECT_EQ(here.out, there[at].out) << commands[at][0] << " " << commands[at][1];
    EXPECT_EQ(here.err, there[at].err) << commands[at][0] << " " << commands[at][1];
    EXPECT_EQ(here.status, there[at].status) << commands[at][0] << " " << commands[at][1];
  }
}

TEST_F(Engine, AStopInTheMiddleOfAReplayIsInTimeAndTheNextStartGoesOn) {
  // 4 s for this plugin: long enough to be met in the middle.
  constexpr std::uint64_t posts = 16'000;
  given_posts(posts);
  library("slow");
  start("limits.stop_time_max = \"20s\"\n[[projection]]\nname = \"slow\"\nplugin = \"slow.so\"\n");
  ASSERT_TRUE(says(streams_, "'slow' is loaded"));
  stop();
  EXPECT_LT(position("slow"), posts);
  start();
  const Finished waited = refold({"projection", "wait", "slow"});
  EXPECT_EQ(waited.status, 0) << waited.err;
  EXPECT_EQ(position("slow"), posts);
  stop();
}

TEST_F(Engine, ASourceThatWasAddedByCommandIsThereAfterARestartAndRestsIfItWasToldTo) {
  start("");
  const std::string events = capture(2);
  EXPECT_EQ(source({"list"}).out,
            "no sources\nadd one: refold source add NAME URL; or a [[source]] "
            "in refold.toml\n");
  const Finished added = source({"add", "more", events, "--collection", "app.bsky.*"});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_TRUE(becomes("ended"));
  EXPECT_EQ(only("url"), events);
  EXPECT_EQ(source({"pause", "more"}).status, 0);
  stop();
  EXPECT_EQ(only("state"), "paused");
  start();
  EXPECT_EQ(only("state"), "paused");
  EXPECT_EQ(only("why"), "by 'refold source pause'");
  EXPECT_EQ(source({"resume", "more"}).status, 0);
  EXPECT_TRUE(becomes("ended"));
  stop();
  start();
  EXPECT_TRUE(becomes("ended"));
  EXPECT_EQ(source({"remove", "more"}).status, 0);
  EXPECT_EQ(json(source({"list", "--json"})).get_array().value().size(), 0U);
  stop();
  start();
  EXPECT_EQ(json(source({"list", "--json"})).get_array().value().size(), 0U);
}

TEST_F(Engine, ASourceOfTheConfigurationIsChangedThere) {
  start(capture_source(capture(1)));
  ASSERT_TRUE(becomes("ended"));
  const Finished removed = source({"remove", "file"});
  EXPECT_EQ(removed.status, 1);
  EXPECT_EQ(removed.err, "refold: source 'file' is in " + (folder_ / "refold.toml").string() +
                             ": remove it there, then 'refold reload'\n");
  EXPECT_EQ(source({"set", "file", "--did", alice}).status, 1);
  EXPECT_EQ(source({"pause", "file"}).status, 0);
  file("refold.toml", "data = \"data\"\nlimits.disk_free_min = \"1MiB\"\n");
  const Finished reloaded = refold({"reload"});
  EXPECT_EQ(reloaded.out, "source.file: removed; its cursor stays in the log\n") << reloaded.err;
  EXPECT_EQ(json(source({"list", "--json"})).get_array().value().size(), 0U);
}

TEST_F(Engine, AnImportWaitsForWhoWritesIntoAPipeAndCanBeLeftMeanwhile) {
  start("");
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::vector<std::string> import = {binary, "import", pipe, "--data", data()};
  const TempFolder there;
  {
    Running waits(there, import);
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (refold({"jobs", "list"}).out.find("import") != std::string::npos) break;
    }
    waits.signal(SIGINT);
    EXPECT_EQ(waits.finish().status, 130);
  }
  // Until nothing runs but the list itself: the engine no longer has the pipe open.
  for (;;) {
    const std::string list = refold({"jobs", "list"}).out;
    if (list.find("running") == list.rfind("running")) break;
  }
  Running reads(there, import);
  std::ofstream(pipe) << post("one") << post("two");
  const Finished done = reads.finish();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("appended             2"));
  stop();
}

TEST_F(Engine, WhatAShellHandsOverIsReadByTheEngine) {
  start("");
  const std::string lines = file("events.jsonl", post("one"));
  const Finished done =
      shell("bash -c '" + binary + " import <(cat " + lines + ") --data " + data() + "'");
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("appended             1"));
  stop();
}

TEST_F(Engine, AWrongSourceIsToldByItsKeys) {
  start("");
  const Finished added = source({"add", "A b", "ftp://x", "--did", "nobody"});
  EXPECT_EQ(added.status, 1);
  EXPECT_THAT(added.err, AllOf(HasSubstr("source.name: "), HasSubstr("source.url: "),
                               HasSubstr("source.dids: ")));
  EXPECT_EQ(source({"pause", "none"}).err, "refold: there is no source 'none'; there are none\n");
}

TEST_F(Engine, AReloadOfAWrongConfigurationSaysWhatIsWrongAndChangesNothing) {
  start("");
  file("refold.toml", "data = \"data\"\nlisten = 5\n");
  const Finished reloaded = refold({"reload"});
  EXPECT_EQ(reloaded.status, 1);
  EXPECT_THAT(reloaded.err, HasSubstr("refold.toml:2:1: listen: there is no such key"));
}

TEST_F(Engine, StopReturnsWhenTheDataDirectoryIsFree) {
  start("");
  const Finished stopped = refold({"stop"});
  EXPECT_EQ(stopped.out, "the engine has stopped\n") << stopped.err;
  EXPECT_EQ(engine_->finish().status, 0);
  start();
  stop();
}

TEST_F(Engine, IsFoundWhereverItsSocketIs) {
  start("control.socket = \"elsewhere.sock\"\n");
  EXPECT_EQ(source({"list"}).out.find("no engine"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_socket(folder_ / "elsewhere.sock"));
  EXPECT_EQ(refold({"stop"}).status, 0);
  start("");
  EXPECT_TRUE(
      std::filesystem::is_socket(std::filesystem::symlink_status(folder_ / "data/refold.sock")));
}

TEST_F(Engine, WithoutOneSourcesAreChangedForTheNext) {
  given_posts(1);
  const std::string events = capture(3);
  EXPECT_EQ(source({"pause", "x"}).err, "refold: there is no source 'x'; there are none\n");
  ASSERT_EQ(source({"add", "file", events}).status, 0);
  EXPECT_THAT(source({"add", "file", events}).err, HasSubstr("already"));
  EXPECT_EQ(source({"set", "file", "--collection", "com.example.*"}).status, 0);
  EXPECT_THAT(source({"set", "file", "--cursor", "5"}).err, HasSubstr("has no cursor"));
  EXPECT_EQ(source({"pause", "file"}).status, 0);
  EXPECT_EQ(only("state"), "paused");
  start("");
  EXPECT_EQ(only("state"), "paused");
  stop();
  EXPECT_EQ(source({"resume", "file"}).status, 0);
  EXPECT_EQ(only("state"), "no engine");
  EXPECT_EQ(source({"remove", "file"}).status, 0);
  EXPECT_EQ(source({"list", "--json"}).out, "[]\n");
}

TEST_F(Engine, WithoutOneWhatNeedsItSaysSo) {
  given_posts(1);
  EXPECT_THAT(refold({"jobs"}).err, HasSubstr("none runs over this data directory"));
  EXPECT_EQ(refold({"reload"}).err, "refold: no engine runs over " + data() + "\n");
  EXPECT_EQ(refold({"stop"}).err, "refold: no engine runs over " + data() + "\n");
}

}  // namespace
}  // namespace refold::cli
