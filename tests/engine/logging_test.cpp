#include "core/engine/logging.h"

#include <fcntl.h>
#include <refold/abi.h>

#include "core/base/descriptor.h"
#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

using std::chrono::seconds;
using ::testing::MatchesRegex;

class Lines : public ::testing::Test {
 protected:
  std::string all() const { return content_of(folder_ / "lines"); }

  TempFolder folder_;
  Descriptor file_{::open((folder_ / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)};
  LoggingConfig config_;
};

TEST_F(Lines, AreForPeopleOrForPrograms) {
  Logging logging(config_, file_.get());
  logging.write("http", Level::warn, "a \"slow\" client");
  EXPECT_THAT(all(), MatchesRegex("20..-..-..T..:..:......Z warning http: a \"slow\" client\n"));
  config_.format = LogFormat::json;
  logging.apply(config_);
  logging.write("http", Level::warn, "a \"slow\" client");
  EXPECT_THAT(all(),
              HasSubstr("Z\",\"level\":\"warn\",\"part\":\"http\",\"message\":\"a \\\"slow\\\" "
                        "client\"}\n"));
}

TEST_F(Lines, GoByTheLevelOfTheirPart) {
  config_.level = Level::warn;
  config_.levels["source"] = Level::debug;
  Logging logging(config_, file_.get());
  logging.write("source", Level::debug, "one");
  logging.write("source", Level::trace, "two");
  logging.write("engine", Level::info, "three");
  logging.write("engine", Level::error, "four");
  EXPECT_THAT(all(), MatchesRegex(".*debug +source: one\n.*error +engine: four\n"));
  logging.apply({});
  logging.write("engine", Level::info, "five");
  EXPECT_THAT(all(), HasSubstr("five"));
}

TEST_F(Lines, HoldNothingThatActsOnATerminalOrLooksLikeAnotherLine) {
  Logging logging(config_, file_.get());
  logging.write("plugin", Level::info, "a\n2026-01-01 error engine: \x1b[2J");
  EXPECT_THAT(all(), HasSubstr("a\\x0a2026-01-01 error engine: \\x1b[2J\n"));
}

TEST_F(Lines, OfPluginsNameTheirProjection) {
  Logging logging(config_, file_.get());
  const auto sink = logging.plugin_sink();
  sink("likes", REFOLD_DEBUG, "quiet");
  sink("likes", REFOLD_WARNING, "loud");
  EXPECT_THAT(all(), MatchesRegex(".*warning plugin: likes: loud\n"));
}

TEST_F(Lines, ToAStreamThatIsGoneCostNothing) {
  Logging logging(config_, -1);
  logging.write("engine", Level::error, "nobody hears it");
}

}  // namespace
}  // namespace refold::engine
