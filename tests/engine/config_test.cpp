#include <set>

#include "core/engine/config/keys.h"
#include "core/engine/config/spelling.h"
#include "core/engine/config/template.h"
#include "tests/engine/config_fixture.h"

namespace refold::engine {
namespace {

using std::chrono::milliseconds;

class ConfigFile : public WithConfig {};

TEST_F(ConfigFile, AnEmptyFileMeansTheDefaults) {
  const Config read = config("");
  const Config defaults;
  EXPECT_EQ(read.data, folder_ / "refold-data");
  EXPECT_EQ(read.socket(), folder_ / "refold-data/refold.sock");
  for (const auto& key : config_keys()) {
    if (key.name == "data") continue;
    EXPECT_EQ(key.show(read), key.show(defaults)) << key.name;
  }
  EXPECT_TRUE(read.sources.empty());
  EXPECT_TRUE(read.projections.empty());
}

TEST_F(ConfigFile, EveryKeyIsRead) {
  const Config read = config(R"(
    data = "d"
    control.socket = "s"
    [http]
    listen = "[::1]:80"
    cors_origins = ["https://example.com", "http://localhost:3000"]
    admin_token = "0123456789abcdef"
    connections_max = 5
    request_bytes_max = "2 KiB"
    request_time_max = "1500ms"
    idle_time_max = "2min"
    xrpc = { "com.example.getFeed" = "coffee/feed" }
    [logging]
    level = "warn"
    format = "json"
    levels = { source = "trace" }
    [limits]
    disk_free_min = 5000000
    plugin_memory_max = "256MiB"
    plugin_call_time_max = "2s"
    query_time_max = "3s"
    queue_batches_max = 7
    map_bytes = "1GiB"
    stop_time_max = "4s"
  )");
  EXPECT_EQ(read.data, folder_ / "d");
  EXPECT_EQ(read.socket(), folder_ / "s");
  EXPECT_EQ(read.http.listen, "[::1]:80");
  EXPECT_EQ(read.http.cors_origins.size(), 2U);
  EXPECT_EQ(read.http.admin_token, "0123456789abcdef");
  EXPECT_EQ(read.http.connections_max, 5U);
  EXPECT_EQ(read.http.request_bytes_max, 2048U);
  EXPECT_EQ(read.http.request_time_max, milliseconds(1500));
  EXPECT_EQ(read.http.idle_time_max, milliseconds(120'000));
  EXPECT_EQ(read.http.xrpc.at("com.example.getFeed"), (XrpcTarget{"coffee", "feed"}));
  EXPECT_EQ(read.logging.level, Level::warn);
  EXPECT_EQ(read.logging.format, LogFormat::json);
  EXPECT_EQ(read.logging.levels.at("source"), Level::trace);
  EXPECT_EQ(read.limits.disk_free_min, 5'000'000U);
  EXPECT_EQ(read.limits.plugin_memory_max, std::uint64_t{256} << 20);
  EXPECT_EQ(read.limits.plugin_call_time_max, milliseconds(2000));
  EXPECT_EQ(read.limits.query_time_max, milliseconds(3000));
  EXPECT_EQ(read.limits.queue_batches_max, 7U);
  EXPECT_EQ(read.limits.map_bytes, std::uint64_t{1} << 30);
  EXPECT_EQ(read.limits.stop_time_max, milliseconds(4000));
}

TEST_F(ConfigFile, EveryKeyOfSourcesAndProjectionsIsRead) {
  const Config read = config(R"(
    [[source]]
    name = "a"
    kind = "jetstream"
    url = "wss://example.com/subscribe"
    collections = ["app.bsky.*"]
    dids = ["did:plc:6jlqryvvk2fvjkmccgifkff5"]
    verify = "hashes"
    private_addresses = true
    ca_file = "ca"
    dictionary = "d"
    start = "77"
    [[source]]
    name = "b"
    kind = "capture"
    file = "frames"
    [[projection]]
    name = "likes"
    plugin = "likes.so"
    projection = "by-subject"
    sha256 = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
    options = { limit = 3, all = true, name = "x" }
    isolation = "process"
    keep_warm = true
    on_failure = "retry"
  )");
  const SourceConfig first{"a",
                           SourceKind::jetstream,
                           "wss://example.com/subscribe",
                           {},
                           {"app.bsky.*"},
                           {"did:plc:6jlqryvvk2fvjkmccgifkff5"},
                           Verification::hashes,
                           "77",
                           true,
                           folder_ / "ca",
                           folder_ / "d"};
  ASSERT_EQ(read.sources.size(), 2U);
  EXPECT_EQ(read.sources[0], first);
  EXPECT_EQ(read.sources[1].file, folder_ / "frames");
  ASSERT_EQ(read.projections.size(), 1U);
  Sha256Digest digest;
  digest.fill(15);
  const projection::OptionPairs options{{"all", "true"}, {"limit", "3"}, {"name", "x"}};
  EXPECT_EQ(read.projections[0],
            (ProjectionConfig{"likes", folder_ / "likes.so", "by-subject", digest, options,
                              projection::RunsIn::process, true, OnFailure::retry}));
}

TEST_F(ConfigFile, WhatRefoldInitWritesMeansTheDefaultsAlsoWithoutTheCommentSigns) {
  const Config defaults = config("");
  const auto same = [&](const std::string& toml) {
    const Config read = config(toml);
    for (const auto& key : config_keys()) {
      EXPECT_EQ(key.show(read), key.show(defaults)) << key.name;
    }
  };
  const std::string text = config_template();
  same(text);
  std::string bare;
  std::size_t keys = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z') {
      line.erase(0, 1);
      ++keys;
    }
    EXPECT_LE(line.size(), 100U) << line;
    bare += line + "\n";
    at = end + 1;
  }
  EXPECT_EQ(keys, config_keys().size());
  same(bare);
}

TEST_F(ConfigFile, AllProblemsAreToldAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      wrong("[logging]\nlevle = \"info\"\nformat = 3\n[http]\nlisten = \"here\"\n"),
      "refold.toml:2:1: logging.levle: there is no such key; did you mean logging.level?\n"
      "refold.toml:3:10: logging.format: this must be a text in quotes, not the number 3\n"
      "refold.toml:5:10: http.listen: \"here\" has no port: write an address and a port, such "
      "as \"127.0.0.1:2580\"\n");
}

struct Wrong {
  const char* toml;
  const char* said;  ///< from the file's name on
};
const std::vector<Wrong> wrong_ones{
    {"data = \"", "refold.toml:1:9: this is not TOML: Error while parsing string: "},
    {"data = \"a\"\ndata = \"b\"", "refold.toml:2:8: this is not TOML: "},
    {"data = \"\"", "1:1: data: the name of the data directory is empty"},
    {"data = 4", "1:8: data: this must be a text in quotes, not the number 4"},
    {"data = \"a\\u0000b\"", "1:8: data: there is a zero byte in it"},
    {"dta = \"x\"", "1:1: dta: there is no such key; did you mean data?"},
    {"listen = \"x\"", "1:1: listen: there is no such key; did you mean http.listen?"},
    {"[htpt]\nx = 1", "1:2: htpt: there is no such key; did you mean http?"},
    {"[weather]\nx = 1", "1:2: weather: there is no such key\n"},
    {"http = 1", "1:8: http: this must be a table, not the number 1"},
    {"[http]\nlisten = \"127.0.0.1\"", "2:10: http.listen: \"127.0.0.1\" has no port"},
    {"[http]\nlisten = \"127.0.0.1:70000\"", "\"70000\" is not a port: it must be from 0 to 65535"},
    {"[http]\nlisten = \"300.0.0.1:80\"", "\"300.0.0.1\" is not an address of this machine"},
    {"[http]\ncors_origins = \"*\"",
     "2:16: http.cors_origins: this must be a list of texts: [\"one\", \"two\"], not the text "
     "\"*\""},
    {"[http]\ncors_origins = [1]",
     "2:17: http.cors_origins: this must be a text in quotes, not the number 1"},
    {"[http]\ncors_origins = [\"https://a/b\"]", "\"https://a/b\" is not an origin"},
    {"[http]\nadmin_token = \"secret\"", "the token has 6 bytes; it must have at least 16"},
    {"[http]\nadmin_token = \"0123456789 abcdef\"", "a character that cannot stand in a header"},
    {"[http]\nadmin_token_file = \"none\"",
     "2:20: http.admin_token_file: cannot open none: No such"},
    {"[http]\nconnections_max = 0", "0 is out of bounds: it must be from 1 to 1000000"},
    {"[http]\nconnections_max = -1", "a whole number that is not negative, not the number -1"},
    {"[http]\nconnections_max = 1.5",
     "this must be a whole number that is not negative, not a value of another kind"},
    {"[http]\nrequest_bytes_max = \"64 potatoes\"",
     "this must be a size, such as \"64KiB\", \"1GiB\" or a number of bytes, not the text \"64 "
     "pot"},
    {"[http]\nrequest_bytes_max = \"1B\"", "\"1B\" is out of bounds: it must be from \"1KiB\" to"},
    {"[http]\nrequest_time_max = 30",
     "this must be a time with its unit: \"250ms\", \"30s\", \"5min\" or \"2h\", not the number "
     "30"},
    {"[http]\nidle_time_max = \"99h\"", "\"99h\" is out of bounds: it must be from \"100ms\" to"},
    {"[http]\nxrpc = { \"feed\" = \"a/b\" }", "2:10: http.xrpc: \"feed\" is not an NSID"},
    {"[http.xrpc]\ncom.example.getFeed = \"a/b\"", "2:1: http.xrpc: put the NSID in quotes"},
    {"[http.xrpc]\n\"com.example.getFeed\" = \"feed\"", "\"feed\" is not a query: write"},
    {"[logging]\nlevel = \"inof\"",
     "there is no \"inof\"; it must be one of \"trace\", \"debug\", \"info\", \"warn\", \"error\"; "
     "did you mean info?"},
    {"[logging]\nlevels = { sorce = \"info\" }", "there is no part \"sorce\"; there are engine, "},
    {"[limits]\ndisk_free_min = true", "or a number of bytes, not true"},
    {"[source]\nname = \"a\"", "1:2: source: write [[source]] with two brackets"},
    {"[[sources]]\nname = \"a\"", "1:3: sources: there is no such key; did you mean source?"},
    {"[[source]]\nkind = \"capture\"\nfile = \"f\"",
     "1:1: source.name: it is missing: every source"},
    {"[[source]]\nname = \"A b\"\nkind = \"capture\"\nfile = \"f\"",
     "2:8: source.name: \"A b\" is not a name: names are of a-z"},
    {"[[source]]\nname = \"a\"", "1:1: source.kind: it is missing: \"firehose\", \"jetstream\", "},
    {"[[source]]\nname = \"a\"\nkind = \"firehouse\"", "did you mean firehose?"},
    {"[[source]]\nname = \"a\"\nkind = \"firehose\"", "source.url: it is missing"},
    {"[[source]]\nname = \"a\"\nkind = \"firehose\"\nurl = \"https://x.y\"",
     "4:7: source.url: \"https://x.y\" is not a WebSocket: write wss:// in its place"},
    {"[[source]]\nname = \"a\"\nkind = \"firehose\"\nurl = \"x.y\"",
     "\"x.y\" is not a URL of a WebSocket"},
    {"[[source]]\nname = \"a\"\nkind = \"firehose\"\nurl = \"wss://me:pw@x.y\"",
     "a URL must not hold a name and a password"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"",
     "source.file: it is missing: a capture is read"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\nurl = \"wss://x.y\"",
     "5:1: source.url: a capture is read from a file, not from a URL"},
    {"[[source]]\nname = \"a\"\nkind = \"firehose\"\nfile = \"f\"\nurl = \"wss://x.y\"",
     "4:1: source.file: only a capture is read from a file"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\nstart = \"5\"",
     "source.start: a capture is read from its beginning"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\nstart = \"soon\"",
     "source.start: \"soon\" is no place to start"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\ncollections = [\"posts\"]",
     "5:16: source.collections: \"posts\" is not a collection"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\ndids = [\"alice.test\"]",
     "is not a DID (\"did:plc:...\"): handles change, so write the DID behind it"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\nverify = \"full\"",
     "source.verify: this version does not verify signatures: write \"hashes\""},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\ncollection = []",
     "5:1: source.collection: there is no such key; did you mean source.collections?"},
    {"[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"f\"\n"
     "[[source]]\nname = \"a\"\nkind = \"capture\"\nfile = \"g\"",
     "5:1: source.name: there are two of the name \"a\""},
    {"[[projection]]\nname = \"a\"", "projection.plugin: it is missing: the file of the plugin"},
    {"[[projection]]\nname = \"a\"\nplugn = \"b\"", "did you mean projection.plugin?"},
    {"[[projection]]\nname = \"a\"\nplugin = \"b\"\nsha256 = \"abc\"", "\"abc\" is not a SHA-256"},
    {"[[projection]]\nname = \"a\"\nplugin = \"b\"\noptions = { x = [1] }",
     "4:17: projection.options: an option must be a text, a whole number, true or false"},
    {"[[projection]]\nname = \"a\"\nplugin = \"b\"\nisolation = \"proces\"",
     "did you mean process?"},
    {"[[projection]]\nname = \"a\"\nplugin = \"b\"\nkeep_warm = \"yes\"",
     "this must be true or false, without quotes, not the text \"yes\""},
    {"[[projection]]\nname = \"a\"\nplugin = \"b\"\non_failure = \"skip\"",
     "there is no \"skip\"; it must be one of \"stop\", \"retry\"\n"},
};

TEST_F(ConfigFile, EveryWrongConfigurationHasItsOwnSentence) {
  ASSERT_GE(wrong_ones.size(), 30U);
  std::set<std::string> sentences;
  for (const Wrong& one : wrong_ones) {
    const std::string said = wrong(one.toml);
    EXPECT_THAT(said, HasSubstr(one.said)) << one.toml;
    EXPECT_TRUE(said.starts_with("refold.toml:")) << said;
    EXPECT_TRUE(sentences.insert(said).second) << one.toml << "\n" << said;
  }
}

TEST_F(ConfigFile, ASocketsPathMayBeTooLong) {
  EXPECT_THAT(wrong("[control]\nsocket = \"/" + std::string(200, 'a') + "\""),
              HasSubstr("has 201 bytes; the path of a socket has at most 107"));
}

TEST_F(ConfigFile, IsNoFolderAndNotLargeAndThere) {
  EXPECT_EQ(read_config(folder_ / "none.toml", {}).problems.at(0).text(),
            (folder_ / "none.toml").string() + ": there is no such file: 'refold init' writes one");
  EXPECT_THAT(read_config(folder_.path(), {}).problems.at(0).text(), HasSubstr("is a folder"));
  EXPECT_THAT(wrong(std::string(config_bytes_max + 1, '#')), HasSubstr("has at most 1048576"));
}

TEST_F(ConfigFile, WhatComesFromItIsSafeToPrint) {
  const std::string said = wrong("\"a\\u001b[2J\" = 1\n");
  EXPECT_THAT(said, HasSubstr("a\\x1b[2J: there is no such key"));
}

class ConfigSecrets : public WithConfig {};

TEST_F(ConfigSecrets, ATokenInAFileThatOthersReadIsRefused) {
  const auto file = write("open.toml", "[http]\nadmin_token = \"0123456789abcdef\"\n", 0644);
  const auto problems = read_config(file, {}).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].text(), HasSubstr("others may read or change it (mode 0644): chmod 600"));
  ::chmod(file.c_str(), 0640);
  EXPECT_TRUE(read_config(file, {}).problems.empty());
}

TEST_F(ConfigSecrets, ATokenComesFromAFileOfItsOwn) {
  write("token", "0123456789abcdef\n");
  EXPECT_EQ(config("[http]\nadmin_token_file = \"token\"").http.admin_token, "0123456789abcdef");
  write("token", "0123456789abcdef\n", 0604);
  EXPECT_THAT(wrong("[http]\nadmin_token_file = \"token\""), HasSubstr("mode 0604"));
  write("token", "short");
  EXPECT_THAT(wrong("[http]\nadmin_token_file = \"token\""), HasSubstr("the token has 5 bytes"));
}

TEST_F(ConfigSecrets, TwoTokensAreOneTooMany) {
  write("token", "0123456789abcdef\n");
  EXPECT_THAT(
      wrong("[http]\nadmin_token = \"fedcba9876543210\"\nadmin_token_file = \"token\""),
      HasSubstr("3:20: http.admin_token_file: there is a token in http.admin_token already"));
}

class ConfigSources : public WithConfig {};

TEST_F(ConfigSources, AreAsManyAsAnEngineFollowsAndNoMore) {
  const auto sources = [](int count) {
    std::string text;
    for (int at = 0; at < count; ++at) {
      text += "[[source]]\nname = \"s" + std::to_string(at) +
              "\"\nkind = \"firehose\"\nurl = \"wss://relay.example.com\"\n";
    }
    return text;
  };
  EXPECT_EQ(config(sources(64)).sources.size(), 64U);
  EXPECT_THAT(wrong(sources(65)), HasSubstr("source: there are 65; an engine follows 64 at most"));
}

class ConfigEnvironment : public WithConfig {};

TEST_F(ConfigEnvironment, WinsOverTheFile) {
  const Config read = config("[http]\nlisten = \"127.0.0.1:1\"\nconnections_max = 3",
                             {{"REFOLD_HTTP_LISTEN", "127.0.0.1:2"},
                              {"REFOLD_HTTP_CORS_ORIGINS", "https://a.b,https://c.d"},
                              {"REFOLD_LIMITS_STOP_TIME_MAX", "5s"},
                              {"REFOLD_HTTP_CONNECTIONS_MAX", "9"},
                              {"REFOLD_DATA", "elsewhere"}});
  EXPECT_EQ(read.http.listen, "127.0.0.1:2");
  EXPECT_EQ(read.http.cors_origins, (std::vector<std::string>{"https://a.b", "https://c.d"}));
  EXPECT_EQ(read.limits.stop_time_max, milliseconds(5000));
  EXPECT_EQ(read.http.connections_max, 9U);
  EXPECT_EQ(read.data, std::filesystem::current_path() / "elsewhere");
}

TEST_F(ConfigEnvironment, IsCheckedUnderItsOwnName) {
  EXPECT_EQ(wrong("", {{"REFOLD_LOGGING_LEVEL", "loud"}}),
            "REFOLD_LOGGING_LEVEL: logging.level: there is no \"loud\"; it must be one of "
            "\"trace\", \"debug\", \"info\", \"warn\", \"error\"\n");
  EXPECT_THAT(wrong("", {{"REFOLD_HTTP_XRPC", "a"}}), HasSubstr("write it in the file"));
}

TEST_F(ConfigEnvironment, AVariableThatMeansNothingIsKnownAsSuch) {
  EXPECT_EQ(
      unknown_variables({{"REFOLD_HTTP_LISTEN", ""}, {"REFOLD_LISTEN", ""}, {"REFOLD_CONFIG", ""}}),
      std::vector<std::string>{"REFOLD_LISTEN"});
}

TEST(Spelling, CountsLettersAddedRemovedReplacedAndExchanged) {
  EXPECT_EQ(edit_distance("listen", "listen"), 0U);
  EXPECT_EQ(edit_distance("lsiten", "listen"), 1U);
  EXPECT_EQ(edit_distance("liste", "listen"), 1U);
  EXPECT_EQ(edit_distance("listten", "listen"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance(std::string(65, 'a'), "a"), 64U);
  EXPECT_EQ(nearest("colour", {"http", "logging"}), "");
}

}  // namespace
}  // namespace refold::engine
