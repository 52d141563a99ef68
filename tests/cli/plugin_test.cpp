#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fixture.h"
#include "tests/support/plugins.h"

namespace refold::cli {
namespace {

using refold::testing::test_plugin;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class PluginCheck : public Command {
 protected:
  /// Checks a copy in a folder of the test's own, which nobody else may write.
  Finished check(const std::string& name, std::vector<std::string> more = {}) {
    const auto copy = folder_ / (name + ".so");
    std::filesystem::copy_file(test_plugin(name), copy,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(copy, std::filesystem::perms(0600));
    std::vector<std::string> words = {binary, "plugin", "check", copy.string()};
    words.insert(words.end(), more.begin(), more.end());
    return Running(folder_, std::move(words)).finish();
  }
};

TEST_F(PluginCheck, SaysWhatAGoodPluginOffers) {
  const Finished good = check("counts");
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out, StartsWith("plugin         counts 1.0.0\n"
                                   "build          1\n"
                                   "abi            1.0\n"
                                   "sha256         "));
  EXPECT_THAT(good.out, HasSubstr("projection     counts: the events of each collection\n"
                                  "  fold         1\n"
                                  "  wants        records\n"
                                  "  collections  all\n"
                                  "  tables       counts\n"
                                  "  queries      count(collection): how many events\n"));
  EXPECT_THAT(good.out, Not(HasSubstr("pinned")));
  EXPECT_EQ(good.err, "");
}

TEST_F(PluginCheck, SaysItInJsonForPrograms) {
  const Finished good = check("must-give", {"--json"});
  EXPECT_EQ(good.status, 0) << good.err;
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(good.out);
  EXPECT_EQ(std::string_view(json["name"]), "must-give");
  EXPECT_EQ(std::string_view(json["abi"]), "1.0");
  EXPECT_FALSE(bool(json["pinned"]));
  EXPECT_EQ(std::string_view(json["sha256"]).size(), 64U);
  EXPECT_TRUE(json["place"].is_null());
  const auto projection = json["projections"].at(0);
  EXPECT_EQ(std::uint64_t(projection["fold"]), 1U);
  EXPECT_EQ(std::string_view(projection["wants"].at(0)), "records");
  EXPECT_THAT(std::string(std::string_view(projection["tables"].at(0)["layout"])),
              HasSubstr("collection: text"));
  EXPECT_TRUE(projection["options"].at(0)["fallback"].is_null());
  EXPECT_EQ(std::string_view(projection["options"].at(1)["fallback"]), "10");
  EXPECT_EQ(std::int64_t(projection["options"].at(1)["most"]), 100);
  EXPECT_EQ(std::string_view(projection["queries"].at(0)["parameters"].at(0)["type"]), "text");
  EXPECT_THAT(std::string(std::string_view(json["untried"].at(0))), HasSubstr("'agree'"));
}

TEST_F(PluginCheck, SaysWhatOptionsMayBe) {
  const Finished found = check("must-give");
  EXPECT_THAT(found.out,
              HasSubstr("  options      agree, text of at most 8 B; must be given: whether to\n"
                        "               limit, a whole number from 1 to 100; \"10\" if not "
                        "given\n"));
  EXPECT_THAT(found.out, HasSubstr("untried        no instance of 'must-give' was made"));
}

TEST_F(PluginCheck, SaysThatOneIsPinnedAndWhatHelps) {
  const Finished pinned = check("pinned");
  EXPECT_EQ(pinned.status, 0);
  EXPECT_THAT(pinned.out, HasSubstr("pinned         once loaded it stays in memory"));
  EXPECT_THAT(pinned.out, HasSubstr("--version-script"));
}

TEST_F(PluginCheck, ARefusalIsASentenceAndAStatus) {
  const Finished crashed = check("start-crashes");
  EXPECT_EQ(crashed.status, 1);
  EXPECT_EQ(crashed.out, "");
  EXPECT_THAT(crashed.err, MatchesRegex("refold: .*/start-crashes\\.so: crashed \\(SIGSEGV\\) "
                                        "while starting\n"));
  EXPECT_EQ(check("newer-major", {"--json"}).status, 1);
}

TEST_F(PluginCheck, SaysThatTheFileLiesWhereOthersMayReplaceIt) {
  const auto copy = folder_ / "open" / "counts.so";
  std::filesystem::create_directory(folder_ / "open");
  std::filesystem::copy_file(test_plugin("counts"), copy);
  std::filesystem::permissions(folder_ / "open", std::filesystem::perms(0777));
  const Finished found = shell(binary + " plugin check " + copy.string());
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("place          it would not be loaded from there: "));
  EXPECT_THAT(found.out, HasSubstr("open may be written by others (mode 0777)"));
}

}  // namespace
}  // namespace refold::cli
