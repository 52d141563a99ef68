#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/ingest/decoder.h"
#include "core/ingest/scope.h"
#include "core/ingest/source.h"
#include "core/ingest/source_board.h"
#include "core/ingest/submitter.h"
#include "core/net/websocket.h"

namespace refold::ingest {

/// What a source knows of its server beyond one connection.
struct FollowMemory {
  std::uint64_t strike_cursor = 0;  ///< where connections broke
  unsigned strikes = 0;             ///< how often in a row, on the same message
  unsigned passed = 0;              ///< messages behind strike_cursor that are left out
  std::uint64_t step = 0;           ///< how far the last one that was too large was passed; 0: none
  /// After CursorTooOld: ask for the oldest that there is, and if that is refused too, for the
  /// newest.
  enum class Ask : std::uint8_t { cursor, oldest, newest } ask = Ask::cursor;
  /// When the server last had nothing more to send: microseconds since 1970; 0: not yet.
  std::int64_t quiet_us = 0;
};

/// One connection of a source, from its handshake to its end. One thread.
class Follower {
 public:
  static constexpr unsigned strikes_max = 3;

  Follower(const SourceSite& site, const SourceOptions& options, const Scope& scope,
           SourceBoard& board, FollowMemory& memory);

  /// Returns when the connection has ended, or `stop` is requested; what was decoded is durable
  /// then, unless the recorder failed.
  [[nodiscard]] SessionEnd run(const std::stop_token& stop);

 private:
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<std::unique_ptr<Decoder>> make_decoder();
  [[nodiscard]] SessionEnd not_connected(const Error& why, const net::Refused& refused);
  [[nodiscard]] std::optional<SessionEnd> receive(net::WebSocket& socket,
                                                  const std::stop_token& stop);
  [[nodiscard]] SessionEnd disconnected(net::WebSocket& socket, const Error& why);
  [[nodiscard]] std::optional<SessionEnd> take(const net::Message& message);
  [[nodiscard]] std::optional<SessionEnd> take_broken(const std::string& message,
                                                      const std::string& why);
  [[nodiscard]] SessionEnd take_too_large(const std::string& why);
  /// Counts a break at this position. True: it was the last one; what broke it is to be passed.
  [[nodiscard]] bool strike(const std::string& why);
  void set_aside(const std::string& message);
  void look_for_loss();
  void add_gap(std::string_view reason, std::uint64_t first, std::uint64_t last);
  [[nodiscard]] Result<void> submit();
  [[nodiscard]] SessionEnd recorder_failed(const Error& why) const;
  void report();
  void tell(const std::string& line) const;

  const SourceSite& site_;
  const SourceOptions& options_;
  const Scope& scope_;
  SourceBoard& board_;
  FollowMemory& memory_;
  const SourceStatus before_;  ///< when the connection began
  std::optional<std::uint64_t> start_;
  std::unique_ptr<Decoder> decoder_;
  std::uint32_t dictionary_id_ = 0;
  Submitter submitter_;
  std::uint64_t gaps_ = 0;
  std::uint64_t set_aside_ = 0;
  std::chrono::steady_clock::time_point submitted_at_{};
  std::chrono::steady_clock::time_point heard_at_{};
  unsigned broken_here_ = 0;  ///< messages behind this position, in this connection
  bool loss_looked_for_ = false;
};

}  // namespace refold::ingest
