#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/index/draft.h"
#include "core/ingest/drops.h"
#include "core/log/filter.h"
#include "core/net/backoff.h"
#include "core/net/url.h"

namespace refold::ingest {

enum class SourceKind : std::uint8_t {
  firehose,      ///< com.atproto.sync.subscribeRepos of a relay or a PDS
  jetstream,     ///< version 1, `/subscribe`
  jetstream_v2,  ///< network.bsky.jetstream.subscribeEvents
  capture,       ///< a file of frames or of JSON lines, from its beginning
};
/// "firehose", "jetstream", "jetstream-v2", "capture"
[[nodiscard]] std::string_view name(SourceKind kind) noexcept;
/// Errors: `invalid` lists the kinds.
[[nodiscard]] Result<SourceKind> source_kind(std::string_view text);

struct SourceOptions {
  std::string name;  ///< 1 to 40 letters, digits, '-' or '_'
  SourceKind kind = SourceKind::firehose;
  /// Of the network kinds, a URL of wss or ws: that of the host, or all of it. Of a capture, a
  /// path.
  std::string url;
  /// Collections and DIDs to take; empty: all. Its kinds and its history do not matter.
  log::Filter filter{};
  /// Where to start when nothing was saved for this host yet: a cursor as its server counts
  /// (0: the oldest that it has). None: with what happens from now on.
  std::optional<std::uint64_t> start{};
  bool private_addresses = false;      ///< of this network or this machine too
  std::filesystem::path ca_file{};     ///< certificates trusted instead of the system's
  std::filesystem::path dictionary{};  ///< of zstd, for a Jetstream; none: it sends plain JSON
  std::string paused{};                ///< why it begins paused; empty: it does not
  net::BackoffOptions backoff{};
  std::chrono::milliseconds ping_time{20'000};
};

/// Errors: `invalid` names the option, its value and what it may be.
[[nodiscard]] Result<void> check(const SourceOptions& options);

/// Where a position is kept. It belongs to the host, the endpoint and the unit in which the server
/// counts; a source of the same name that asks another host finds none.
[[nodiscard]] std::string cursor_name(const SourceOptions& options);
/// The URL to subscribe to from `cursor` on, with what of the filter the server understands; packed
/// with the dictionary that it calls so, if that is not 0.
[[nodiscard]] Result<net::Url> subscription(const SourceOptions& options,
                                            std::optional<std::uint64_t> cursor,
                                            std::uint32_t dictionary_id = 0);

enum class SourceState : std::uint8_t {
  connecting,
  connected,
  waiting,  ///< for the next try
  paused,   ///< by a command, or by itself: see `why`
  ended,    ///< a capture that was read to its end
};
/// "connecting", "connected", ...
[[nodiscard]] std::string_view name(SourceState state) noexcept;

/// What a source does, and has done since it was started.
struct SourceStatus {
  std::string name;
  SourceKind kind = SourceKind::firehose;
  std::string url;
  log::Filter filter{};
  SourceState state = SourceState::connecting;
  std::string why;           ///< it is paused or waits; printable
  std::string last_error;    ///< printable; empty: none so far
  std::uint64_t cursor = 0;  ///< durable; 0: none
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;  ///< that were opened
  std::uint64_t gaps = 0;
  std::uint64_t set_aside = 0;  ///< messages that broke the connection again and again
  index::Outcome outcome{};
  std::array<std::uint64_t, drop_count> drops{};
  std::int64_t upstream_us = 0;   ///< the newest time that the server told; 0: none yet
  std::int64_t connected_us = 0;  ///< since when; 0: it is not
};

}  // namespace refold::ingest
