#include "core/net/http_call.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/characters.h"

namespace refold::net {
namespace {

namespace http = beast::http;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto call_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_bytes = 65'536;
constexpr std::size_t complaint_bytes_max = std::size_t{64} << 10;
constexpr std::chrono::seconds idle_kept_for{30};

bool safe_method(const std::string& method) { return method == "GET" || method == "HEAD"; }

http::request<http::string_body> message_of(const HttpCall& call, const HttpClientOptions& options,
                                            const Url& first) {
  http::request<http::string_body> message;
  message.method_string(call.ask.method);
  message.target(call.answer.url.target);
  message.version(11);
  message.set(http::field::host, call.answer.url.authority());
  message.set(http::field::user_agent, options.user_agent);
  message.set(http::field::accept_encoding, "identity");
  for (const Header& header : call.ask.headers) {
    const bool secret = beast::iequals(header.name, "authorization");
    if (!secret || call.answer.url.origin() == first.origin())
      message.set(header.name, header.value);
  }
  message.body() = call.ask.body;
  if (!safe_method(call.ask.method) || !message.body().empty()) message.prepare_payload();
  return message;
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

using BodyParser = http::response_parser<http::buffer_body>;

/// Hands the body over as it comes. True if all of it came.
asio::awaitable<Result<void>> read_pieces(HttpCall& call, beast::flat_buffer& buffer,
                                          BodyParser& parser, milliseconds idle_time) {
  const bool good = call.answer.status / 100 == 2;
  const bool redirect = is_redirect(call.answer.status);
  std::string piece;
  while (!parser.is_done()) {
    piece.resize(piece_bytes);
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    parser.get().body().more = true;
    call.expires_after(idle_time);
    const auto [failed, size] =
        co_await http::async_read_some(*call.stream, buffer, parser, call_tuple);
    if (failed && failed != http::error::need_buffer)
      co_return net_error("the answer of " + call.answer.url.authority(), failed);
    piece.resize(piece_bytes - parser.get().body().size);
    if (piece.empty() || redirect) continue;
    const std::size_t bytes = piece.size();
    if (good || call.all_to_pipe) {
      if (!co_await call.pipe->push(std::exchange(piece, {}), bytes))
        co_return Error{Errc::closed, "it was stopped"};
    } else if (call.answer.body.size() < complaint_bytes_max) {
      call.answer.body.append(piece, 0, complaint_bytes_max - call.answer.body.size());
    }
  }
  co_return ok();
}

Result<void> check(const Ask& ask) {
  const auto breaks = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
  };
  for (const Header& header : ask.headers)
    if (breaks(header.name) || breaks(header.value) || header.name.empty())
      return invalid("a header that cannot be sent: " + escaped(header.name));
  if (ask.url.scheme != "http" && ask.url.scheme != "https")
    return invalid(ask.url.text() +
                   " cannot be asked for over HTTP: it must start with https:// or"
                   " http://");
  return ok();
}

}  // namespace

void HttpCall::expires_after(milliseconds time) {
  if (deadline != steady_clock::time_point::max()) {
    const auto left = std::max(
        std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()), milliseconds(1));
    time = time.count() > 0 ? std::min(time, left) : left;
  }
  stream->expires_after(time);
}

HttpClient::Impl::Impl(Runtime& runtime, HttpClientOptions options)
    : context_(runtime.loops().next()),
      options_(std::move(options)),
      stopping_(runtime.loops().stopping()),
      dialer_(options_.peer) {}

Result<Answer> HttpClient::Impl::perform(const Ask& ask, const Sink& sink, bool all,
                                         const std::stop_token& stop) {
  REFOLD_CHECK(check(ask));
  auto call = std::make_shared<HttpCall>(context_, ask, all);
  call->answer.url = ask.url;
  const auto end = [&] {
    call->pipe->finish({Errc::closed, "it was stopped"});
    asio::post(context_, [call] {
      if (call->stream) call->stream->close();
    });
  };
  asio::co_spawn(context_, run(shared_from_this(), call), asio::detached);
  const std::stop_callback on_stop(stop, end);
  const std::stop_callback on_stopping(stopping_, [&] {
    call->pipe->finish({Errc::closed, "the engine stops"});
  });
  // A look-up of a name has no deadline of its own.
  const auto latest = call->deadline == steady_clock::time_point::max()
                          ? call->deadline
                          : call->deadline + std::chrono::seconds(1);
  for (;;) {
    auto piece = call->pipe->take(latest);
    if (piece) {
      const Result<void> taken = sink(bytes_of(*piece));
      if (!taken.has_error()) continue;
      end();
      return taken.error();
    }
    if (call->done) return std::move(call->answer);
    if (piece.error().code == Errc::timeout) end();
    return std::move(piece).error();
  }
}

void HttpClient::Impl::close() {
  asio::post(context_, [self = shared_from_this()] { self->idle_.clear(); });
}

asio::awaitable<void> HttpClient::Impl::run(std::shared_ptr<Impl> self,
                                            std::shared_ptr<HttpCall> call) {
  Result<void> done = co_await self->follow(*call);
  if (done) {
    call->done = true;
    call->pipe->finish({Errc::closed, "the end of the answer"});
  } else {
    call->stream.reset();
    call->pipe->finish(std::move(done).error());
  }
}

asio::awaitable<Result<void>> HttpClient::Impl::follow(HttpCall& call) {
  const Url first = call.answer.url;
  for (unsigned hops = 0;; ++hops) {
    const auto again = co_await once(call, first);
    if (again.has_error()) co_return again.error();
    if (!*again) co_return ok();
    const auto next = redirected(call, hops);
    if (next.has_error()) co_return next.error();
  }
}

Result<bool> HttpClient::Impl::redirected(HttpCall& call, unsigned hops) {
  Answer& answer = call.answer;
  if (hops >= options_.redirects_max)
    return invalid(call.ask.url.text() + " is redirected more than " +
                   std::to_string(options_.redirects_max) + " times");
  REFOLD_TRY(Url next, answer.url.resolve(answer.header("location").value_or("")));
  if (next.scheme != "http" && next.scheme != "https")
    return invalid(answer.url.text() + " is redirected to what is not HTTP: " + next.text());
  if (answer.url.tls() && !next.tls())
    return invalid(answer.url.text() + " is redirected to what is not encrypted: " + next.text());
  answer = Answer{};
  answer.url = std::move(next);
  return true;
}

bool HttpClient::Impl::reuse(HttpCall& call) {
  const auto oldest = steady_clock::now() - idle_kept_for;
  std::erase_if(idle_, [&](const IdleStream& one) { return one.since < oldest; });
  const std::string origin = call.answer.url.origin();
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                  [&](const auto& one) { return one.origin == origin; });
  if (found == idle_.rend()) return false;
  call.stream = std::move(found->stream);
  idle_.erase(std::next(found).base());
  return true;
}

void HttpClient::Impl::keep(HttpCall& call) {
  if (options_.idle_connections_max == 0) return;
  if (idle_.size() >= options_.idle_connections_max) idle_.pop_front();
  call.stream->expires_after(milliseconds(0));
  idle_.push_back({call.answer.url.origin(), std::move(call.stream), steady_clock::now()});
}

asio::awaitable<Result<void>> HttpClient::Impl::connect(HttpCall& call) {
  call.stream = std::make_unique<Stream>(context_);
  if (options_.local_socket.empty())
    co_return co_await dialer_.connect(*call.stream, call.answer.url);
  co_return co_await connect_local(*call.stream, options_.local_socket, options_.peer.connect_time);
}

asio::awaitable<Result<bool>> HttpClient::Impl::once(HttpCall& call, const Url& first) {
  const std::string host = call.answer.url.authority();
  const auto message = message_of(call, options_, first);
  // A kept connection may be closed by the peer at any time; what is not safe is not asked twice.
  bool fresh = !safe_method(call.ask.method) || !reuse(call);
  for (;; fresh = true) {
    if (fresh) {
      const Result<void> connected = co_await connect(call);
      if (connected.has_error()) co_return connected.error();
    }
    if (call.pipe->finished()) co_return Error{Errc::closed, "it was stopped"};
    beast::flat_buffer buffer(options_.header_bytes_max + piece_bytes);
    BodyParser parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
    parser.body_limit(call.ask.body_bytes_max);
    if (call.ask.method == "HEAD") parser.skip(true);
    call.expires_after(options_.answer_time);
    auto [failed, size] = co_await http::async_write(*call.stream, message, call_tuple);
    if (!failed)
      std::tie(failed, size) =
          co_await http::async_read_header(*call.stream, buffer, parser, call_tuple);
    if (failed && !fresh && !parser.got_some()) continue;
    if (failed) co_return net_error("no answer of " + host, failed);
    call.answer.status = parser.get().result_int();
    for (const auto& field : parser.get())
      call.answer.headers.push_back({field.name_string(), field.value()});
    if (call.answer.status < 200)
      co_return invalid(host + " answered " + std::to_string(call.answer.status) +
                        ", which nobody asked for");
    const bool redirect = is_redirect(call.answer.status) && safe_method(call.ask.method) &&
                          options_.local_socket.empty() && call.answer.header("location");
    const Result<void> read = co_await read_pieces(call, buffer, parser, options_.idle_time);
    if (read.has_error()) co_return read.error();
    if (parser.keep_alive() && buffer.size() == 0) keep(call);
    call.stream.reset();
    co_return redirect;
  }
}

}  // namespace refold::net
