#pragma once

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/net/loops.h"

namespace refold::net {

namespace beast = boost::beast;
using boost::system::error_code;

/// A client's connection: TCP or Unix domain, with TLS or without, the same type for all, so that
/// HTTP and WebSocket are compiled once. A model of Asio's stream concepts. Every operation ends
/// (`beast::error::timeout`, and the socket is closed) at the deadline set before it.
class Stream {
 public:
  using Plain =
      beast::basic_stream<asio::generic::stream_protocol, asio::io_context::executor_type>;
  using Tls = asio::ssl::stream<Plain&>;
  // The names that Asio and Beast ask for.
  using executor_type = Plain::executor_type;  // NOLINT(readability-identifier-naming)

  explicit Stream(asio::io_context& context) : plain_(std::make_unique<Plain>(context)) {}

  [[nodiscard]] executor_type get_executor() noexcept { return plain_->get_executor(); }
  [[nodiscard]] Plain& plain() noexcept { return *plain_; }
  /// The TLS layer over it, from now on. `context` lives as long as the stream.
  Tls& start_tls(std::shared_ptr<asio::ssl::context> context) {
    context_ = std::move(context);
    tls_ = std::make_unique<Tls>(*plain_, *context_);
    return *tls_;
  }
  [[nodiscard]] bool tls() const noexcept { return tls_ != nullptr; }

  /// All operations from now on have ended by then; zero: no deadline.
  void expires_after(std::chrono::milliseconds time) {
    if (time.count() > 0) {
      plain_->expires_after(time);
    } else {
      plain_->expires_never();
    }
  }
  /// Ends the connection and all that waits for it, without a word to the peer.
  void close() noexcept { plain_->close(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Pieces<asio::mutable_buffer>& to) {
          read_some(to, std::forward<decltype(handler)>(handler));
        },
        token, first_of<asio::mutable_buffer>(buffers));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Pieces<asio::const_buffer>& from) {
          write_some(from, std::forward<decltype(handler)>(handler));
        },
        token, first_of<asio::const_buffer>(buffers));
  }

  // How Beast's WebSocket ends a connection: without TLS's own farewell, which some peers never
  // answer. The WebSocket's close frame has said it.
  friend void beast_close_socket(Stream& stream) { stream.close(); }
  friend void teardown(beast::role_type /*role*/, Stream& stream, error_code& failed) {
    stream.close();
    failed = {};
  }
  template <class Then>
  friend void async_teardown(beast::role_type /*role*/, Stream& stream, Then&& then) {
    stream.close();
    asio::post(stream.get_executor(),
               [then = std::forward<Then>(then)]() mutable { then(error_code{}); });
  }

 private:
  // One type of buffers and one of handlers: TLS and timeouts are compiled once, in stream.cpp, and
  // not again for each operation over them, which takes minutes.
  template <class Buffer>
  using Pieces = std::array<Buffer, 4>;
  using Handler = asio::any_completion_handler<void(error_code, std::size_t)>;

  /// What does not fit is left for the next call, as "some" allows.
  template <class Buffer, class Buffers>
  static Pieces<Buffer> first_of(const Buffers& buffers) {
    Pieces<Buffer> first;
    std::size_t count = 0;
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto at = asio::buffer_sequence_begin(buffers); at != end && count < first.size(); ++at) {
      if (Buffer(*at).size() > 0) first[count++] = *at;
    }
    return first;
  }
  void read_some(const Pieces<asio::mutable_buffer>& to, Handler handler);
  void write_some(const Pieces<asio::const_buffer>& from, Handler handler);

  std::unique_ptr<Plain> plain_;
  std::shared_ptr<asio::ssl::context> context_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace refold::net
