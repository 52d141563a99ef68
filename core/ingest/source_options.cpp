#include "core/ingest/source_options.h"

#include <algorithm>
#include <utility>

#include "core/base/characters.h"
#include "core/log/limits.h"

namespace refold::ingest {
namespace {

constexpr std::size_t name_bytes_max = 40;
// What Jetstream servers allow, and of DIDs what goes well into a URL.
constexpr std::size_t wanted_collections_max = 100;
constexpr std::size_t wanted_dids_max = 100;

constexpr std::pair<SourceKind, std::string_view> kind_names[] = {
    {SourceKind::firehose, "firehose"},
    {SourceKind::jetstream, "jetstream"},
    {SourceKind::jetstream_v2, "jetstream-v2"},
    {SourceKind::capture, "capture"},
};

std::string_view endpoint_of(SourceKind kind) noexcept {
  switch (kind) {
    case SourceKind::firehose: return "/xrpc/com.atproto.sync.subscribeRepos";
    case SourceKind::jetstream: return "/subscribe";
    case SourceKind::jetstream_v2: return "/xrpc/network.bsky.jetstream.subscribeEvents";
    case SourceKind::capture: break;
  }
  return "";
}

Error bad_source(const SourceOptions& options, std::string_view why) {
  return invalid("source '" + escaped(options.name) + "': " + std::string(why));
}

Result<net::Url> endpoint(const SourceOptions& options) {
  REFOLD_TRY(net::Url url, net::Url::parse(options.url));
  if (url.scheme == "https") url.scheme = "wss";
  if (url.scheme == "http") url.scheme = "ws";
  if (url.target == "/") url.target = endpoint_of(options.kind);
  return url;
}

}  // namespace

std::string_view name(SourceKind kind) noexcept {
  for (const auto& [one, text] : kind_names)
    if (one == kind) return text;
  return "";
}

Result<SourceKind> source_kind(std::string_view text) {
  for (const auto& [kind, one] : kind_names)
    if (one == text) return kind;
  return invalid("'" + escaped(text) +
                 "' is not a kind of source: firehose, jetstream, jetstream-v2 or capture");
}

std::string_view name(SourceState state) noexcept {
  switch (state) {
    case SourceState::connecting: return "connecting";
    case SourceState::connected: return "connected";
    case SourceState::waiting: return "waiting";
    case SourceState::paused: return "paused";
    case SourceState::ended: return "ended";
  }
  return "";
}

Result<void> check(const SourceOptions& options) {
  const bool good_name = !options.name.empty() && options.name.size() <= name_bytes_max &&
                         std::all_of(options.name.begin(), options.name.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '_';
                         });
  if (!good_name) return bad_source(options, "its name has 1 to 40 letters, digits, '-' or '_'");
  if (auto matcher = log::Matcher::make(options.filter); matcher.has_error())
    return bad_source(options, matcher.error().message);
  if (options.kind == SourceKind::capture) {
    if (options.url.empty()) return bad_source(options, "it names no file");
    return ok();
  }
  const auto url = endpoint(options);
  if (url.has_error()) return bad_source(options, url.error().message);
  if (cursor_name(options).size() > log::cursor_name_bytes_max)
    return bad_source(options, "its URL is too long: leave out what follows the host");
  return ok();
}

std::string cursor_name(const SourceOptions& options) {
  if (options.kind == SourceKind::capture) return "";
  const auto url = endpoint(options);
  if (url.has_error()) return "";
  const std::string path = url->target.substr(0, url->target.find('?'));
  const bool microseconds = options.kind == SourceKind::jetstream;
  return "source " + options.name + " " + url->authority() + path + (microseconds ? " us" : " seq");
}

Result<net::Url> subscription(const SourceOptions& options, std::optional<std::uint64_t> cursor,
                              std::uint32_t dictionary_id) {
  REFOLD_TRY(net::Url url, endpoint(options));
  const bool first = options.kind == SourceKind::jetstream;
  if (options.kind != SourceKind::firehose) {
    const auto& [collections, dids, kinds, history] = options.filter;
    if (collections.size() <= wanted_collections_max)
      for (const std::string& one : collections)
        url = url.with_parameter(first ? "wantedCollections" : "collections", one);
    if (dids.size() <= wanted_dids_max)
      for (const std::string& one : dids)
        url = url.with_parameter(first ? "wantedDids" : "dids", one);
    if (first && dictionary_id != 0) url = url.with_parameter("compress", "true");
    if (!first && dictionary_id != 0)
      url = url.with_parameter("zstdDictionary", std::to_string(dictionary_id));
  }
  if (cursor) url = url.with_parameter("cursor", std::to_string(*cursor));
  return url;
}

}  // namespace refold::ingest
