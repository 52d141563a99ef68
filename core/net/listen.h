#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "core/base/result.h"
#include "core/net/http_server.h"

namespace refold::net {

namespace asio = boost::asio;

/// Errors: those of HttpServer::start().
[[nodiscard]] Result<asio::ip::tcp::acceptor> listen(asio::io_context& context,
                                                     const TcpEndpoint& endpoint);
[[nodiscard]] Result<asio::local::stream_protocol::acceptor> listen(asio::io_context& context,
                                                                    const LocalEndpoint& endpoint);

}  // namespace refold::net
