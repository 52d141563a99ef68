#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "core/net/peer.h"
#include "core/net/runtime.h"
#include "core/net/url.h"

namespace refold::net {

struct Message {
  bool binary = false;
  std::string data;
};

/// Why a peer closed the connection, in its words (untrusted).
struct CloseReason {
  std::uint16_t code = 0;  ///< 1000, 1008, ...; 0 if it gave none
  std::string text;
};

/// A peer's answer to a handshake when it does not want the connection.
struct Refused {
  unsigned status = 0;  ///< 0: it did not come to an answer
  std::string body;     ///< at most 64 KiB
  std::optional<std::chrono::seconds> retry_after{};
};

struct WebSocketOptions {
  PeerOptions peer{};
  std::size_t message_bytes_max = std::size_t{5'000'000};
  std::size_t ahead_bytes_max = std::size_t{16} << 20;  ///< received and not yet read
  std::chrono::milliseconds handshake_time{15'000};
  /// After that long without a byte a ping is sent; after that long again without any byte the
  /// connection is dead. Silence alone is not.
  std::chrono::milliseconds ping_time{20'000};
};

/// A client's connection. One thread reads; close() may be called by any.
class WebSocket {
 public:
  /// Blocks until the handshake is done. Errors: `invalid` (the URL; an address that is not
  /// allowed), `unsupported` (the peer answered something else: see `refused`, which may be null),
  /// `io`, `timeout`, `closed` (`stop` was requested, or the runtime stops).
  [[nodiscard]] static Result<WebSocket> connect(Runtime& runtime, const Url& url,
                                                 const WebSocketOptions& options,
                                                 const std::stop_token& stop,
                                                 Refused* refused = nullptr);
  /// close()
  ~WebSocket();
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;

  /// Blocks for the next message. Errors, after all that came before them was read: `closed` (the
  /// peer closed: see reason(); or close()), `too_large`, `timeout` (no byte, not even an answer to
  /// a ping), `io`. With `stop` requested: `closed`, and nothing is lost.
  [[nodiscard]] Result<Message> read(const std::stop_token& stop);
  /// Like read(), but `timeout` at the deadline; the connection goes on.
  [[nodiscard]] Result<Message> read_until(const std::stop_token& stop,
                                           std::chrono::steady_clock::time_point deadline);
  /// Whether read() would return a message at once.
  [[nodiscard]] bool readable() const;

  /// Whether the connection has ended: read() returns what is left of it, and then the reason.
  [[nodiscard]] bool ended() const;

  /// Why the peer closed; none before it did, or if it just went away.
  [[nodiscard]] std::optional<CloseReason> reason() const;

  /// Tells the peer and ends the connection, without waiting for its word. Idempotent.
  void close() noexcept;

  class Impl;

 private:
  explicit WebSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace refold::net
