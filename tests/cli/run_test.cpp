#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/base/descriptor.h"
#include "tests/cli/with_engine.h"

namespace refold::cli {
namespace {

/// `refold run` and what belongs to it.
class Run : public WithEngine {
 protected:
  std::string initialized() {
    EXPECT_EQ(shell(binary + " init " + (folder_ / "app").string()).status, 0);
    return (folder_ / "app/refold.toml").string();
  }
  void append(const std::string& config, const std::string& text) {
    std::ofstream(config, std::ios::app) << text;
  }
};

TEST_F(Run, StartsWithWhatInitHasWrittenAndStopsInOrder) {
  const std::string config = initialized();
  Running engine(folder_, {binary, "run", "--config", config});
  ASSERT_TRUE(says("running, pid ")) << content_of(folder_ / "stderr");
  engine.signal(SIGTERM);
  const Finished done = engine.finish();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, EndsWith("info    engine: stopped\n"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "app/refold-data/log/tail.mdb"));
}

TEST_F(Run, FoldsTheProjectionsOfItsConfigurationWhichCommandsFindAfterwards) {
  given_posts(3);
  const std::string config = file("refold.toml",
                                  "data = \"data\"\n[[projection]]\nname = \"counts\"\n"
                                  "plugin = \"counts.so\"\n");
  library("counts");
  Running engine(folder_, {binary, "run", "--config", config});
  ASSERT_TRUE(says(" live\n"));
  engine.signal(SIGINT);
  EXPECT_EQ(engine.finish().status, 0);
  EXPECT_EQ(counted("counts"), "{\"count\":3}\n");
}

TEST_F(Run, WhoeverElseWantsTheLogIsToldWhoHasIt) {
  const std::string config = initialized();
  const Running engine(folder_, {binary, "run", "--config", config});
  ASSERT_TRUE(says("running"));
  const TempFolder other;
  const Finished second = cli::Running(other, {binary, "run", "--config", config}).finish();
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("`refold run --config " + config + "`"));
}

TEST_F(Run, ASignalHasTheConfigurationReadAgain) {
  const std::string config = initialized();
  Running engine(folder_, {binary, "run", "--config", config});
  ASSERT_TRUE(says("running"));
  append(config, "[logging]\nlevel = 5\n");
  engine.signal(SIGHUP);
  EXPECT_TRUE(says("cannot redefine existing table 'logging'"));
  EXPECT_TRUE(says("configuration: it stays as it was"));
  append((file("app/refold.toml", "")), "[logging]\nlevel = \"debug\"\n");
  engine.signal(SIGHUP);
  EXPECT_TRUE(says("configuration: logging.level: \"info\" -> \"debug\""));
  engine.signal(SIGTERM);
  EXPECT_EQ(engine.finish().status, 0);
}

TEST_F(Run, TheServiceManagerIsTold) {
  const std::string name = (folder_ / "notify").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, name.c_str());
  const Descriptor manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(manager.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval patience{30, 0};
  ::setsockopt(manager.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto hears = [&](const std::string& word) {
    for (char text[256];;) {
      const ssize_t size = ::recv(manager.get(), text, sizeof text, 0);
      if (size <= 0) return false;
      if (std::string(text, static_cast<std::size_t>(size)).starts_with(word)) return true;
    }
  };
  const std::string config = initialized();
  Running engine(folder_, {"/usr/bin/env", "NOTIFY_SOCKET=" + name, "WATCHDOG_USEC=2000000", binary,
                           "run", "--config", config});
  EXPECT_TRUE(hears("READY=1"));
  EXPECT_TRUE(hears("WATCHDOG=1"));
  EXPECT_TRUE(hears("WATCHDOG=1"));
  engine.signal(SIGHUP);
  EXPECT_TRUE(hears("RELOADING=1"));
  EXPECT_TRUE(hears("READY=1"));
  engine.signal(SIGTERM);
  EXPECT_TRUE(hears("STOPPING=1"));
  EXPECT_EQ(engine.finish().status, 0);
}

TEST_F(Run, AWrongConfigurationIsToldWithEverythingThatIsWrong) {
  const std::string config = file("refold.toml", "lisen = 1\n[limits]\nstop_time_max = 5\n");
  const Finished done = Running(folder_, {binary, "run", "--config", config}).finish();
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, AllOf(StartsWith("refold: " + config + ":1:1: lisen: there is no such key"),
                              HasSubstr("\n        " + config + ":3:17: limits.stop_time_max: ")));
}

TEST_F(Run, WithoutAConfigurationItSaysHowToHaveOne) {
  const Finished none = shell("cd " + folder_.path().string() + " && exec " + binary + " run");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("refold init"));
}

TEST_F(Run, ADataDirectoryIsEnough) {
  Running engine(folder_, with_data({"run"}));
  EXPECT_TRUE(says("the log in " + data() + " ends at seq 0"));
  EXPECT_TRUE(says("running"));
  engine.signal(SIGTERM);
  EXPECT_EQ(engine.finish().status, 0);
}

TEST_F(Run, InitWritesOverNothing) {
  const std::string config = initialized();
  const Finished again = shell(binary + " init " + (folder_ / "app").string());
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("refold.toml is there already"));
}

TEST_F(Run, TheDoctorSaysByItsStatusHowBadItIs) {
  given_posts(1);
  const Finished fine = refold({"doctor"});
  EXPECT_NE(fine.status, 1) << fine.out;
  EXPECT_THAT(fine.out, HasSubstr("ok   log             1 event, its ends and edges are whole"));
  std::filesystem::permissions(data(), std::filesystem::perms(0777));
  const Finished bad = refold({"doctor", "--full", "--json"});
  EXPECT_EQ(bad.status, 1);
  simdjson::dom::parser parser;
  const auto read = parser.parse(bad.out);
  EXPECT_EQ(std::string_view(read["verdict"]), "fail");
  bool told = false;
  for (const auto one : simdjson::dom::array(read["findings"])) {
    told = told || (std::string_view(one["check"]) == "permissions" &&
                    std::string_view(one["remedy"]) == "chmod go-rwx " + data());
  }
  EXPECT_TRUE(told) << bad.out;
}

}  // namespace
}  // namespace refold::cli
