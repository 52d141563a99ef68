#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

#include "core/base/descriptor.h"
#include "core/engine/parts.h"
#include "core/engine/service_manager.h"
#include "core/engine/signals.h"
#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using Wish = ProcessSignals::Wish;

/// The service manager's end.
class Manager : public ::testing::Test {
 protected:
  Descriptor bound(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    Descriptor made(::socket(AF_UNIX, SOCK_DGRAM, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(made.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    return made;
  }
  static std::string heard(const Descriptor& at) {
    char text[256];
    const ssize_t size = ::recv(at.get(), text, sizeof text, MSG_DONTWAIT);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  TempFolder folder_;
};

TEST_F(Manager, IsToldHowThingsAre) {
  const std::string name = folder_ / "notify";
  const Descriptor manager = bound(name);
  const ServiceManager told(name, seconds(10));
  told.ready("running");
  EXPECT_EQ(heard(manager), "READY=1\nSTATUS=running");
  told.reloading();
  EXPECT_THAT(heard(manager), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  told.alive();
  EXPECT_EQ(heard(manager), "WATCHDOG=1");
  told.stopping();
  EXPECT_EQ(heard(manager), "STOPPING=1\nSTATUS=stopping");
  EXPECT_EQ(told.interval(), seconds(5));
}

TEST_F(Manager, MayHaveAnAbstractSocket) {
  const std::string name = "@refold-test-" + std::to_string(::getpid());
  const Descriptor manager = bound(name);
  ServiceManager(name).alive();
  EXPECT_EQ(heard(manager), "WATCHDOG=1");
}

TEST_F(Manager, MayBeAbsent) {
  ServiceManager("").ready("x");
  ServiceManager(folder_ / "none").ready("x");
  ServiceManager(std::string(200, '/')).ready("x");
  EXPECT_EQ(ServiceManager("").interval(), std::nullopt);
}

TEST(Signals, AreHandedOutStopsFirst) {
  ProcessSignals signals;
  signals.take_stops();
  EXPECT_EQ(signals.next(milliseconds(0)), Wish::none);
  ::raise(SIGHUP);
  ::raise(SIGHUP);
  ::raise(SIGTERM);
  ::raise(SIGINT);
  EXPECT_EQ(signals.next(seconds(9)), Wish::stop);
  EXPECT_EQ(signals.next(seconds(9)), Wish::stop);
  EXPECT_EQ(signals.next(seconds(9)), Wish::reload);
  EXPECT_EQ(signals.next(milliseconds(0)), Wish::none);
}

TEST(Signals, WakeWhoeverWaits) {
  ProcessSignals signals;
  signals.take_stops();
  std::thread sender([] { ::kill(::getpid(), SIGTERM); });
  EXPECT_EQ(signals.next(std::chrono::hours(1)), Wish::stop);
  sender.join();
}

TEST(Parts, AreStoppedTheOtherWayRound) {
  std::vector<std::string> stopped;
  std::vector<std::string> told;
  Parts parts;
  for (const char* const name : {"log", "views", "sources"}) {
    parts.add(name, [&stopped, name] { stopped.emplace_back(name); });
  }
  const auto tell = [&](const std::string& part) { told.push_back(part); };
  EXPECT_EQ(parts.stop(tell, [] { return false; }), std::nullopt);
  EXPECT_THAT(stopped, ElementsAre("sources", "views", "log"));
  EXPECT_EQ(told, stopped);
  EXPECT_EQ(parts.stop(tell, [] { return false; }), std::nullopt);
  EXPECT_EQ(stopped.size(), 3U);
}

TEST(Parts, AreNotWaitedForWithoutEnd) {
  const auto let_go = std::make_shared<std::atomic<bool>>(false);
  bool log_stopped = false;
  Parts parts;
  parts.add("log", [&] { log_stopped = true; });
  parts.add("views", [let_go] {
    while (!*let_go) std::this_thread::sleep_for(milliseconds(1));
  });
  int asked = 0;
  const auto left = parts.stop([](const std::string&) {}, [&] { return ++asked == 3; });
  EXPECT_EQ(left, "views");
  EXPECT_FALSE(log_stopped);
  *let_go = true;
}

}  // namespace
}  // namespace refold::engine
