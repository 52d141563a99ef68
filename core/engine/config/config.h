#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "core/ingest/source_options.h"
#include "core/projection/records.h"

namespace refold::engine {

/// What refold.toml says. docs/operating.md describes every key; keys.cpp is where they are listed.

using SourceKind = ingest::SourceKind;

/// What of a source is checked before it is believed.
enum class Verification : std::uint8_t {
  hashes,  ///< every record must hash to its CID
};

struct SourceConfig {
  std::string name;
  SourceKind kind = SourceKind::firehose;
  std::string url;                         ///< of firehose and jetstream
  std::filesystem::path file;              ///< of capture; "-": standard input
  std::vector<std::string> collections{};  ///< NSIDs and `ns.*`; empty: all
  std::vector<std::string> dids{};         ///< empty: all
  Verification verify = Verification::hashes;
  /// Where to begin when the log has no cursor of this source: "now", "oldest", or a cursor.
  std::string start = "now";
  bool private_addresses = false;      ///< the host may be in this network, or this machine
  std::filesystem::path ca_file{};     ///< certificates that are trusted instead of the system's
  std::filesystem::path dictionary{};  ///< of zstd, of a Jetstream
  friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

enum class OnFailure : std::uint8_t {
  stop,   ///< the projection stands until a command
  retry,  ///< it is tried again every now and then
};

struct ProjectionConfig {
  std::string name;
  std::filesystem::path plugin;
  std::string projection{};  ///< which of the plugin's; empty: the only one
  std::optional<Sha256Digest> sha256{};
  projection::OptionPairs options{};
  std::optional<projection::RunsIn> isolation{};  ///< none: as the plugin is shipped, or not
  bool keep_warm = false;
  OnFailure on_failure = OnFailure::stop;
  friend bool operator==(const ProjectionConfig&, const ProjectionConfig&) = default;
};

struct XrpcTarget {
  std::string projection;
  std::string query;
  friend bool operator==(const XrpcTarget&, const XrpcTarget&) = default;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:2580";  ///< "address:port"; empty: no HTTP
  std::vector<std::string> cors_origins{};
  std::string admin_token{};  ///< empty: no admin verbs over HTTP
  std::filesystem::path admin_token_file{};
  std::uint64_t connections_max = 10'240;
  std::uint64_t request_bytes_max = std::uint64_t{64} << 10;
  std::chrono::milliseconds request_time_max{30'000};
  std::chrono::milliseconds idle_time_max{60'000};
  std::map<std::string, XrpcTarget> xrpc{};  ///< by NSID
};

enum class Level : std::uint8_t { trace, debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };

struct LoggingConfig {
  Level level = Level::info;
  LogFormat format = LogFormat::text;
  std::map<std::string, Level> levels{};  ///< of single parts
};

struct LimitsConfig {
  std::uint64_t disk_free_min = std::uint64_t{1} << 30;
  std::uint64_t plugin_memory_max = std::uint64_t{1} << 30;  ///< of each process
  std::chrono::milliseconds plugin_call_time_max{60'000};
  std::chrono::milliseconds query_time_max{30'000};
  std::uint64_t queue_batches_max = 64;
  std::uint64_t map_bytes = std::uint64_t{64} << 30;  ///< address space of each LMDB file
  std::chrono::milliseconds stop_time_max{30'000};
};

/// In the data directory.
inline constexpr const char* usual_socket = "refold.sock";

struct PluginsConfig {
  std::filesystem::path watch{};  ///< a folder in which plugins arrive; empty: none
};

struct Config {
  std::filesystem::path file{};  ///< that it was read from; empty: none
  std::filesystem::path data = "refold-data";
  std::filesystem::path control_socket{};  ///< empty: see socket()
  std::vector<SourceConfig> sources{};
  std::vector<ProjectionConfig> projections{};
  PluginsConfig plugins{};
  HttpConfig http{};
  LoggingConfig logging{};
  LimitsConfig limits{};

  /// Where the control socket is.
  [[nodiscard]] std::filesystem::path socket() const {
    return control_socket.empty() ? data / usual_socket : control_socket;
  }
};

/// The parts that write log lines of their own.
[[nodiscard]] const std::vector<std::string>& logging_parts();

}  // namespace refold::engine
