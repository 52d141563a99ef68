#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/peer.h"
#include "core/net/stream.h"
#include "core/net/url.h"

namespace refold::net {

/// Opens connections as PeerOptions allow them. One thread at a time per Dialer.
class Dialer {
 public:
  explicit Dialer(PeerOptions options) : options_(std::move(options)) {}

  /// Connects to the URL's host: looks it up, leaves out addresses that are not allowed, tries the
  /// others in turn; with TLS for https and wss, the peer's certificate and name verified. `stream`
  /// is closed if that fails. Errors: `invalid` (no address is allowed), `io`, `timeout`.
  asio::awaitable<Result<void>> connect(Stream& stream, Url url);

 private:
  asio::awaitable<Result<void>> connect_tcp(Stream& stream, const Url& url);
  asio::awaitable<Result<void>> handshake(Stream& stream, const Url& url);
  /// Made at first use: reading the system's certificates takes a while.
  Result<std::shared_ptr<asio::ssl::context>> tls_context();

  PeerOptions options_;
  std::shared_ptr<asio::ssl::context> context_;
};

using Endpoint = asio::generic::stream_protocol::endpoint;
/// Connects to the first of them, of whatever family each is, that can be connected to, before the
/// stream's deadline. Error: the last one's.
asio::awaitable<error_code> connect_to_any(Stream& stream, std::vector<Endpoint> endpoints);

/// Connects to a Unix domain socket. Errors: `not_found` (nobody listens there), `io`, `timeout`.
asio::awaitable<Result<void>> connect_local(Stream& stream, std::filesystem::path path,
                                            std::chrono::milliseconds time);

/// What went wrong with a connection: "WHAT: why", `timeout` for a deadline that passed, `closed`
/// for what was cancelled, `too_large` for what was over a limit, else `io`.
[[nodiscard]] Error net_error(std::string_view what, const error_code& failed);

}  // namespace refold::net
