#include "core/net/dial.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <vector>

namespace refold::net {
namespace {

using asio::ip::tcp;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

bool allowed(const asio::ip::address& address, const PeerOptions& options) {
  if (options.private_addresses) return true;
  if (address.is_v4()) return is_public(address.to_v4().to_bytes());
  return is_public(address.to_v6().to_bytes());
}

asio::awaitable<Result<std::vector<Endpoint>>> look_up(const Url& url, const PeerOptions& options) {
  std::vector<tcp::endpoint> found;
  error_code failed;
  const auto numeric = asio::ip::make_address(url.host, failed);
  if (!failed) {
    found.emplace_back(numeric, url.port);
  } else {
    tcp::resolver resolver(co_await asio::this_coro::executor);
    auto [why, results] =
        co_await resolver.async_resolve(url.host, std::to_string(url.port), use_tuple);
    if (why) co_return net_error("cannot look up the host " + url.host, why);
    for (const auto& result : results) found.push_back(result.endpoint());
  }
  const std::string first = found.empty() ? "" : found.front().address().to_string();
  std::erase_if(found, [&](const auto& one) { return !allowed(one.address(), options); });
  if (found.empty())
    co_return invalid("the host " + url.host + " has the address " + first +
                      ", which is not of the public internet; allow private addresses for this"
                      " source if it is yours");
  co_return std::vector<Endpoint>(found.begin(), found.end());
}

std::string certificate_failure(Stream::Tls& tls) {
  const long verdict = SSL_get_verify_result(tls.native_handle());
  return verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict);
}

}  // namespace

Error net_error(std::string_view what, const error_code& failed) {
  Errc code = Errc::io;
  std::string why = failed.message();
  namespace http = beast::http;
  if (failed == beast::error::timeout || failed == asio::error::timed_out) {
    code = Errc::timeout;
    why = "it took too long";
  } else if (failed == asio::error::operation_aborted) {
    code = Errc::closed;
    why = "it was stopped";
  } else if (failed == beast::websocket::error::message_too_big ||
             failed == beast::websocket::error::buffer_overflow ||
             failed == http::error::body_limit || failed == http::error::header_limit ||
             failed == http::error::buffer_overflow) {
    code = Errc::too_large;
  } else if (failed == asio::error::eof || failed == http::error::end_of_stream ||
             failed == http::error::partial_message ||
             failed == asio::ssl::error::stream_truncated) {
    why = "the peer ended the connection";
  } else if (failed.category() == http::make_error_code(http::error::bad_method).category()) {
    code = Errc::invalid;
    why = "this is not HTTP (" + why + ")";
  }
  return {code, std::string(what) + ": " + why};
}

asio::awaitable<error_code> connect_to_any(Stream& stream, std::vector<Endpoint> endpoints) {
  error_code failed;
  for (const Endpoint& endpoint : endpoints) {
    std::tie(failed) = co_await stream.plain().async_connect(endpoint, use_tuple);
    if (!failed || failed == beast::error::timeout) break;
    // The socket is of this endpoint's family: the next one may need another.
    error_code ignored;
    stream.plain().socket().close(ignored);
  }
  co_return failed;
}

Result<std::shared_ptr<asio::ssl::context>> Dialer::tls_context() {
  if (context_) return context_;
  auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
  error_code failed;
  made->set_verify_mode(asio::ssl::verify_peer, failed);
  if (options_.ca_file.empty()) {
    if (!failed) made->set_default_verify_paths(failed);
    if (failed) return net_error("cannot read the system's certificates", failed);
  } else {
    if (!failed) made->load_verify_file(options_.ca_file.native(), failed);
    if (failed)
      return net_error("cannot read certificates of " + options_.ca_file.native(), failed);
  }
  context_ = std::move(made);
  return context_;
}

asio::awaitable<Result<void>> Dialer::handshake(Stream& stream, const Url& url) {
  auto context = tls_context();
  if (context.has_error()) co_return context.error();
  Stream::Tls& tls = stream.start_tls(*context);
  error_code failed;
  tls.set_verify_callback(asio::ssl::host_name_verification(url.host), failed);
  error_code no_name;
  asio::ip::make_address(url.host, no_name);  // an address is not sent as a name
  if (no_name && SSL_set_tlsext_host_name(tls.native_handle(), url.host.c_str()) != 1)
    co_return invalid("no TLS with a host of this name: " + url.host);
  if (!failed)
    std::tie(failed) = co_await tls.async_handshake(asio::ssl::stream_base::client, use_tuple);
  if (!failed) co_return ok();
  const std::string verdict = certificate_failure(tls);
  if (!verdict.empty())
    co_return invalid("the certificate of " + url.authority() + " cannot be trusted: " + verdict);
  co_return net_error("cannot agree on TLS with " + url.authority(), failed);
}

asio::awaitable<Result<void>> Dialer::connect_tcp(Stream& stream, const Url& url) {
  auto endpoints = co_await look_up(url, options_);
  if (endpoints.has_error()) co_return endpoints.error();
  const error_code failed = co_await connect_to_any(stream, std::move(*endpoints));
  if (failed) co_return net_error("cannot connect to " + url.authority(), failed);
  error_code ignored;
  stream.plain().socket().set_option(tcp::no_delay(true), ignored);
  co_return ok();
}

asio::awaitable<Result<void>> Dialer::connect(Stream& stream, Url url) {
  stream.expires_after(options_.connect_time);
  Result<void> done = co_await connect_tcp(stream, url);
  if (done && url.tls()) done = co_await handshake(stream, url);
  stream.expires_after(std::chrono::milliseconds(0));
  if (done.has_error()) stream.close();
  co_return done;
}

asio::awaitable<Result<void>> connect_local(Stream& stream, std::filesystem::path path,
                                            std::chrono::milliseconds time) {
  // Longer paths do not fit into what the system takes.
  if (path.native().size() > 107)
    co_return Error{Errc::too_large, "the path of the socket " + path.native() +
                                         " has more than 107 bytes: choose a shorter one"};
  stream.expires_after(time);
  const asio::local::stream_protocol::endpoint endpoint(path.native());
  const auto [failed] = co_await stream.plain().async_connect(
      asio::generic::stream_protocol::endpoint(endpoint), use_tuple);
  stream.expires_after(std::chrono::milliseconds(0));
  if (!failed) co_return ok();
  stream.close();
  if (failed == asio::error::connection_refused ||
      failed == boost::system::errc::no_such_file_or_directory)
    co_return Error{Errc::not_found, "nobody listens on " + path.native()};
  co_return net_error("cannot connect to " + path.native(), failed);
}

}  // namespace refold::net
