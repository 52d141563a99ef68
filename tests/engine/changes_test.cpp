#include "core/engine/config/changes.h"

#include "core/engine/config/keys.h"
#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

class ConfigChanges : public WithConfig {
 protected:
  /// "key (when): sentence" a line.
  std::string between(const std::string& before, const std::string& now) {
    static const std::vector<std::string> when{"at once", "restart", "command"};
    std::string all;
    for (const ConfigChange& one : changes(config(before), config(now))) {
      all += one.key + " (" + when.at(static_cast<std::size_t>(one.applies)) +
             "): " + one.sentence + "\n";
    }
    return all;
  }
};

TEST_F(ConfigChanges, OfAFileWithItselfAreNone) {
  const std::string toml = "[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\n";
  EXPECT_EQ(between(toml, toml), "");
}

TEST_F(ConfigChanges, SayWhatNeedsARestart) {
  EXPECT_EQ(between("", "[logging]\nlevel = \"debug\"\n[http]\nlisten = \"127.0.0.1:1\"\n"),
            "http.listen (restart): \"127.0.0.1:2580\" -> \"127.0.0.1:1\"\n"
            "logging.level (at once): \"info\" -> \"debug\"\n");
}

TEST_F(ConfigChanges, TellNoSecret) {
  EXPECT_EQ(between("", "[http]\nadmin_token = \"0123456789abcdef\""),
            "http.admin_token (at once): another one\n");
}

TEST_F(ConfigChanges, KnowSourcesAndProjectionsByTheirNames) {
  const auto source = [](const std::string& name, const std::string& start) {
    return "[[source]]\nname = \"" + name + "\"\nkind = \"jetstream\"\nurl = \"wss://x.y\"\n" +
           "start = \"" + start + "\"\n";
  };
  const auto made = [](const std::string& name) {
    return "[[projection]]\nname = \"" + name + "\"\nplugin = \"/p.so\"\n";
  };
  EXPECT_EQ(between(source("a", "now") + source("b", "now") + made("p"),
                    source("c", "now") + source("b", "oldest") + made("q")),
            "source.a (at once): removed; its cursor stays in the log\n"
            "source.b (at once): start: \"now\" -> \"oldest\"\n"
            "source.c (at once): added\n"
            "projection.p (command): no longer in the configuration; it goes on until 'refold "
            "plugin unload' removes it and its rows\n"
            "projection.q (at once): added\n");
}

TEST_F(ConfigChanges, ThatNeedARestartAreStillThereAfterAReload) {
  const Config before = config("");
  const Config now = config(
      "data = \"other\"\n[http]\nlisten = \"\"\ncors_origins = [\"*\"]\n"
      "[limits]\nmap_bytes = \"1GiB\"\n");
  const Config after = with_changes(before, now);
  EXPECT_EQ(after.http.cors_origins.size(), 1U);
  for (const ConfigChange& one : changes(before, after)) EXPECT_EQ(one.key, "http.cors_origins");
  EXPECT_EQ(changes(after, now).size(), 3U);
  for (const ConfigChange& one : changes(after, now)) EXPECT_EQ(one.applies, Applies::restart);
}

}  // namespace
}  // namespace refold::engine
