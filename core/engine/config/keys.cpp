#include "core/engine/config/keys.h"

#include <limits>

#include "core/engine/config/checks.h"
#include "core/engine/config/maps.h"

namespace refold::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kibi = std::uint64_t{1} << 10;
constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr std::uint64_t tebi = std::uint64_t{1} << 40;

template <class Of>
Key<Of> with_restart(Key<Of> key) {
  key.applies = Applies::restart;
  return key;
}

template <class Of>
Key<Of> as_secret(Key<Of> key) {
  key.secret = true;
  return key;
}

void add_places(std::vector<Key<Config>>& keys) {
  keys.push_back(with_restart(path_key<Config>(
      "data", "The data directory: the log and all that is derived from it.",
      [](Config & config) -> auto& { return config.data; })));
  keys.push_back(with_restart(path_key<Config>(
      "control.socket",
      "Where the refold command talks to the running engine; \"\": refold.sock in the data "
      "directory.",
      [](Config & config) -> auto& { return config.control_socket; })));
}

void add_plugins(std::vector<Key<Config>>& keys) {
  keys.push_back(path_key<Config>(
      "plugins.watch",
      "A folder: what is put there (*.so) is loaded, and what is changed there takes the place of "
      "what it was; \"\": none.",
      [](Config & config) -> auto& { return config.plugins.watch; }));
}

void add_http(std::vector<Key<Config>>& keys) {
  keys.push_back(with_restart(text_key<Config>(
      "http.listen",
      "Address and port to answer HTTP on; \"\": none. \"0.0.0.0:2580\" is for everybody.",
      [](Config & config) -> auto& { return config.http.listen; }, check_listen)));
  keys.push_back(texts_key<Config>(
      "http.cors_origins", "Origins whose pages may ask: [\"https://example.com\"], or [\"*\"].",
      [](Config & config) -> auto& { return config.http.cors_origins; }, check_origin));
  keys.push_back(as_secret(text_key<Config>(
      "http.admin_token",
      "Who sends it as a bearer token may give commands over HTTP; \"\": nobody may. A file that "
      "holds it must not be readable by others.",
      [](Config & config) -> auto& { return config.http.admin_token; },
      [](std::string_view text) { return text.empty() ? std::string() : check_token(text); })));
  keys.push_back(path_key<Config>(
      "http.admin_token_file", "The same token, in a file of its own.",
      [](Config & config) -> auto& { return config.http.admin_token_file; }));
  keys.push_back(with_restart(count_key<Config>(
      "http.connections_max", "Connections at a time; more are refused.",
      [](Config & config) -> auto& { return config.http.connections_max; }, {1, 1'000'000})));
  keys.push_back(with_restart(size_key<Config>(
      "http.request_bytes_max",
      "The largest body of a request. What is before that may have as much, and at most 16 KiB.",
      [](Config & config) -> auto& { return config.http.request_bytes_max; }, {kibi, gibi})));
  keys.push_back(with_restart(time_key<Config>(
      "http.request_time_max",
      "How long a request may take to come, and then its answer; min_seq waits no longer, "
      "either.",
      [](Config & config) -> auto& { return config.http.request_time_max; },
      {milliseconds(100), hours(1)})));
  keys.push_back(with_restart(
      time_key<Config>("http.idle_time_max", "How long a connection may say nothing.",
                       [](Config & config) -> auto& { return config.http.idle_time_max; },
                       {milliseconds(100), hours(24)})));
  keys.push_back(xrpc_key());
}

void add_logging(std::vector<Key<Config>>& keys) {
  keys.push_back(word_key<Config, Level>(
      "logging.level", "What is worth a line: \"trace\", \"debug\", \"info\", \"warn\", \"error\".",
      [](Config & config) -> auto& { return config.logging.level; }, level_words()));
  keys.push_back(
      word_key<Config, LogFormat>("logging.format", "\"text\" for people, \"json\" for programs.",
                                  [](Config & config) -> auto& { return config.logging.format; },
                                  {{"text", LogFormat::text}, {"json", LogFormat::json}}));
  keys.push_back(levels_key());
}

void add_limits(std::vector<Key<Config>>& keys) {
  keys.push_back(size_key<Config>(
      "limits.disk_free_min", "With less than this free, the sources pause until there is more.",
      [](Config & config) -> auto& { return config.limits.disk_free_min; }, {mebi, 1024 * tebi}));
  keys.push_back(with_restart(
      size_key<Config>("limits.plugin_memory_max", "Memory that each process of a plugin may take.",
                       [](Config & config) -> auto& { return config.limits.plugin_memory_max; },
                       {64 * mebi, tebi})));
  keys.push_back(with_restart(time_key<Config>(
      "limits.plugin_call_time_max", "How long one call of a plugin may take in its process.",
      [](Config & config) -> auto& { return config.limits.plugin_call_time_max; },
      {seconds(1), hours(24)})));
  keys.push_back(with_restart(
      time_key<Config>("limits.query_time_max", "How long a query may take in its process.",
                       [](Config & config) -> auto& { return config.limits.query_time_max; },
                       {milliseconds(10), hours(24)})));
  keys.push_back(with_restart(count_key<Config>(
      "limits.queue_batches_max", "Batches that may wait to be recorded; sources wait then.",
      [](Config & config) -> auto& { return config.limits.queue_batches_max; }, {1, 10'000})));
  keys.push_back(with_restart(size_key<Config>(
      "limits.map_bytes",
      "Address space, and so the largest size, of each LMDB file: tail, index, every view.",
      [](Config & config) -> auto& { return config.limits.map_bytes; }, {256 * mebi, 16 * tebi})));
  keys.push_back(time_key<Config>(
      "limits.stop_time_max", "How long an orderly stop may take; then the engine just ends.",
      [](Config & config) -> auto& { return config.limits.stop_time_max; },
      {seconds(1), hours(1)}));
}

}  // namespace

const Words<Level>& level_words() {
  static const Words<Level> words{{"trace", Level::trace},
                                  {"debug", Level::debug},
                                  {"info", Level::info},
                                  {"warn", Level::warn},
                                  {"error", Level::error}};
  return words;
}

const std::vector<std::string>& logging_parts() {
  static const std::vector<std::string> parts{"engine", "log",  "source", "projection",
                                              "plugin", "http", "control"};
  return parts;
}

const std::vector<Key<Config>>& config_keys() {
  static const std::vector<Key<Config>> keys = [] {
    std::vector<Key<Config>> all;
    add_places(all);
    add_plugins(all);
    add_http(all);
    add_logging(all);
    add_limits(all);
    return all;
  }();
  return keys;
}

const std::vector<Key<SourceConfig>>& source_keys() {
  using Source = SourceConfig;
  static const std::vector<Key<Source>> keys{
      text_key<Source>(
          "name", "What it is called: its cursor is kept under that name.",
          [](Source & source) -> auto& { return source.name; }, check_name),
      word_key<Source, SourceKind>(
          "kind",
          "\"firehose\" (of a relay or a PDS), \"jetstream\", \"jetstream-v2\", or \"capture\" (a "
          "file).",
          [](Source & source) -> auto& { return source.kind; },
          {{"firehose", SourceKind::firehose},
           {"jetstream", SourceKind::jetstream},
           {"jetstream-v2", SourceKind::jetstream_v2},
           {"capture", SourceKind::capture}}),
      text_key<Source>(
          "url", "Of a firehose or a Jetstream: \"wss://relay.example.com\".",
          [](Source & source) -> auto& { return source.url; }, check_url),
      path_key<Source>(
          "file", "Of a capture, plain or packed with gzip or zstd; \"-\" is standard input.",
          [](Source & source) -> auto& { return source.file; }),
      texts_key<Source>(
          "collections",
          "Only records of these: [\"app.bsky.feed.post\", \"com.example.*\"]; [] is "
          "all.",
          [](Source & source) -> auto& { return source.collections; }, check_collection),
      texts_key<Source>(
          "dids", "Only these accounts: [\"did:plc:...\"]; [] is all.",
          [](Source & source) -> auto& { return source.dids; }, check_did),
      verification_key(),
      text_key<Source>(
          "start",
          "Where to begin the first time: \"now\", \"oldest\", or a cursor of the "
          "source (\"12281\").",
          [](Source & source) -> auto& { return source.start; }, check_start),
      flag_key<Source>(
          "private_addresses", "Whether its host may be in a private network, or this machine.",
          [](Source & source) -> auto& { return source.private_addresses; }),
      path_key<Source>(
          "ca_file", "Certificates to be trusted instead of the system's; \"\": the system's.",
          [](Source & source) -> auto& { return source.ca_file; }),
      path_key<Source>(
          "dictionary", "Of zstd, of a Jetstream; \"\": it sends plain JSON.",
          [](Source & source) -> auto& { return source.dictionary; }),
  };
  return keys;
}

const std::vector<Key<ProjectionConfig>>& projection_keys() {
  using Made = ProjectionConfig;
  using projection::RunsIn;
  static const std::vector<Key<Made>> keys{
      text_key<Made>(
          "name", "What it is called here.", [](Made & made) -> auto& { return made.name; },
          check_name),
      path_key<Made>(
          "plugin", "The plugin's file.", [](Made & made) -> auto& { return made.plugin; }),
      text_key<Made>(
          "projection", "Which of the plugin's projections; \"\": the only one.",
          [](Made & made) -> auto& { return made.projection; }),
      sha256_key(),
      options_key(),
      word_key<Made, std::optional<RunsIn>>(
          "isolation",
          "\"process\": one of its own; \"thread\": of the engine; \"auto\": a thread for plugins "
          "that come with Refold, else a process.",
          [](Made & made) -> auto& { return made.isolation; },
          {{"auto", std::nullopt}, {"thread", RunsIn::thread}, {"process", RunsIn::process}}),
      flag_key<Made>(
          "keep_warm",
          "Whether what was replaced goes on folding, so that a roll back takes no time.",
          [](Made & made) -> auto& { return made.keep_warm; }),
      word_key<Made, OnFailure>(
          "on_failure",
          "At an event that the plugin fails at: \"stop\" until a command, or \"retry\" every now "
          "and then.",
          [](Made & made) -> auto& { return made.on_failure; },
          {{"stop", OnFailure::stop}, {"retry", OnFailure::retry}}),
  };
  return keys;
}

}  // namespace refold::engine
