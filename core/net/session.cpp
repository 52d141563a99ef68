#include "core/net/session.h"

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "core/base/characters.h"
#include "core/net/shard.h"

namespace refold::net {
namespace {

namespace http = beast::http;

constexpr auto session_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_ahead_bytes = 2'048;
constexpr std::size_t body_piece_bytes = 65'536;
constexpr std::size_t buffer_kept_bytes = 16'384;
constexpr std::size_t one_write_bytes = 32'768;
constexpr std::size_t linger_bytes_max = std::size_t{256} << 10;
constexpr std::chrono::milliseconds linger_time{1'000};

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

bool breaks_lines(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

Request request_of(http::request<http::string_body>& message, Target target, std::string peer) {
  Request request;
  request.method = std::string(view_of(message.method_string()));
  request.path = std::move(target.path);
  request.parameters = std::move(target.parameters);
  for (const auto& field : message)
    request.headers.push_back(
        {std::string(view_of(field.name_string())), std::string(view_of(field.value()))});
  request.body = std::move(message.body());
  request.local = peer == "local";
  request.peer = std::move(peer);
  return request;
}

Response complaint(unsigned status, std::string_view why) {
  Response response;
  response.status = status;
  std::string text;
  for (const char c : escaped(why)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  response.body =
      R"({"error":")" + std::string(reason_of(status)) + R"(","message":")" + text + "\"}\n";
  return response;
}

}  // namespace

Session::Session(Shard& shard, std::shared_ptr<ServerSite> site, ServerSocket socket,
                 std::string peer)
    : shard_(shard),
      site_(std::move(site)),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      wake_(shard.context()),
      buffer_(site_->limits.header_bytes_max + std::size_t{65'536} + read_ahead_bytes) {}

Session::~Session() {
  (void)claim_body(0);
  if (exchange_) exchange_->leave();
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  while (!site_->draining && !aborted_ && co_await wait_for_request()) {
    const bool again = co_await one_request();
    (void)claim_body(0);
    if (!again) break;
  }
  error_code ignored;
  socket_.close(ignored);
  shard_.remove(*self);
}

void Session::expire_after(std::chrono::milliseconds time) {
  timed_out_ = false;
  deadline_ = time == no_limit ? Clock::time_point::max() : Clock::now() + time;
}

void Session::sweep(Clock::time_point now) {
  if (exchange_ && has_left()) leave_exchange();
  if (now < deadline_) return;
  // Again at the next sweep, unless what it waits for has another time then: what has just come is
  // not cancelled, and more of the same may be waited for.
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Session::drain() {
  error_code ignored;
  if (idle) socket_.cancel(ignored);
  if (streaming_) leave_exchange();
}

void Session::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  leave_exchange();
}

void Session::leave_exchange() {
  if (exchange_) exchange_->leave();
  wake_.cancel();
}

/// True once there is a byte of the next request.
asio::awaitable<bool> Session::wait_for_request() {
  if (buffer_.size() > 0) co_return true;
  if (buffer_.capacity() > buffer_kept_bytes) buffer_.shrink_to_fit();
  shard_.set_idle(*this, true);
  expire_after(site_->limits.idle_time);
  const auto [failed, size] =
      co_await socket_.async_read_some(buffer_.prepare(read_ahead_bytes), session_tuple);
  shard_.set_idle(*this, false);
  buffer_.commit(size);
  co_return !failed;
}

/// True if the connection can take another one afterwards.
asio::awaitable<bool> Session::one_request() {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(site_->limits.header_bytes_max));
  parser.body_limit(site_->limits.body_bytes_max);
  expire_after(site_->limits.header_time);
  const auto [failed, size] =
      co_await http::async_read_header(socket_, buffer_, parser, session_tuple);
  if (failed) {
    co_await refuse_broken(failed, parser.get().target().empty());
    co_return false;
  }
  const auto target = view_of(parser.get().target());
  if (target.size() > site_->limits.target_bytes_max) {
    co_await refuse(414, "the target of the request has " + std::to_string(target.size()) +
                             " bytes, at most " + std::to_string(site_->limits.target_bytes_max) +
                             " are allowed");
    co_return false;
  }
  if (parser.get().version() >= 11 && parser.get().count(http::field::host) != 1) {
    co_await refuse(400, "a request has exactly one Host");
    co_return false;
  }
  auto parsed = parse_target(target);
  if (parsed.has_error()) {
    co_await refuse(400, parsed.error().message);
    co_return false;
  }
  if (!co_await read_body(parser)) co_return false;
  co_return co_await answer_request(parser, std::move(*parsed));
}

bool Session::claim_body(std::uint64_t bytes) {
  site_->body_bytes -= std::exchange(claimed_, 0);
  if (site_->body_bytes.fetch_add(bytes) + bytes > site_->limits.bodies_bytes_max) {
    site_->body_bytes -= bytes;
    return false;
  }
  claimed_ = bytes;
  return true;
}

asio::awaitable<bool> Session::read_body(Parser& parser) {
  if (parser.is_done()) co_return true;
  if (!claim_body(parser.content_length().value_or(site_->limits.body_bytes_max))) {
    co_await refuse(503, "too many bodies of requests are being read");
    co_return false;
  }
  if (beast::iequals(parser.get()[http::field::expect], "100-continue") &&
      !co_await send("HTTP/1.1 100 Continue\r\n\r\n"))
    co_return false;
  expire_after(site_->limits.body_time);
  if (parser.content_length().value_or(body_piece_bytes) > read_ahead_bytes)
    buffer_.reserve(body_piece_bytes);
  const auto [failed, size] = co_await http::async_read(socket_, buffer_, parser, session_tuple);
  if (!failed) co_return true;
  co_await refuse_broken(failed, false);
  co_return false;
}

asio::awaitable<bool> Session::answer_request(Parser& parser, Target target) {
  expire_after(no_limit);
  auto& message = parser.get();
  const bool keep = message.keep_alive() && !site_->draining;
  const bool is_head = message.method() == http::verb::head;
  const bool chunked = message.version() >= 11;
  if (site_->requests_now >= site_->limits.requests_max) {
    co_await refuse(503, "too many requests are being answered");
    co_return false;
  }
  ++site_->requests;
  ++site_->requests_now;
  exchange_ = std::make_shared<Exchange>(
      [&context = shard_.context(), weak = weak_from_this()] {
        asio::post(context, [weak] {
          if (const auto self = weak.lock()) self->wake_.cancel();
        });
      },
      site_->limits.stream_bytes_max, site_->stopping);
  {
    // The last copy of the Responder answers for all that were forgotten.
    Exchange* const raw = exchange_.get();
    site_->handler(request_of(message, std::move(target), peer_),
                   Responder(std::shared_ptr<Exchange>(raw, [kept = exchange_](Exchange* one) {
                     if (!one->answered())
                       one->answer(complaint(500, "the request was not answered"), false);
                   })));
  }
  const auto exchange = exchange_;
  Exchange::Work work = exchange->take();
  while (!work.any() && !exchange->gone()) {
    wake_.expires_at(Clock::time_point::max());
    (void)co_await wake_.async_wait(session_tuple);
    work = exchange->take();
  }
  bool sent = false;
  if (work.head && work.stream && !is_head) {
    work.head->body += work.text;
    sent = co_await send_stream(*exchange, std::move(*work.head), keep && chunked, chunked);
  } else if (work.head) {
    std::string text = head_of(*work.head, work.head->body.size(), keep && !site_->draining, false);
    const std::string& body = work.head->body;
    if (is_head) {
      sent = co_await send(text);
    } else if (text.size() + body.size() <= one_write_bytes) {
      sent = co_await send(text += body);
    } else {
      sent = co_await send(text) && co_await send(body);
    }
  }
  exchange->leave();
  exchange_ = nullptr;
  --site_->requests_now;
  co_return sent&& keep && !site_->draining;
}

asio::awaitable<bool> Session::send_stream(Exchange& exchange, Response head, bool keep,
                                           bool chunked) {
  const auto framed = [&](std::string text) {
    if (!chunked || text.empty()) return text;
    char size[20];
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return text.insert(0, size, static_cast<std::size_t>(digits)).append("\r\n");
  };
  streaming_ = true;
  const std::string first = std::move(head.body);
  bool sent = co_await send(head_of(head, std::nullopt, keep, chunked) + framed(first));
  while (sent && !exchange.gone()) {
    Exchange::Work work = exchange.take();
    if (!work.any()) {
      wake_.expires_at(Clock::time_point::max());
      (void)co_await wake_.async_wait(session_tuple);
      continue;
    }
    std::string text = framed(std::move(work.text));
    if (work.ended && chunked) text += "0\r\n\r\n";
    if (!text.empty()) sent = co_await send(text);
    if (work.ended) {
      streaming_ = false;
      co_return sent&& keep;
    }
  }
  streaming_ = false;
  co_return false;
}

/// Notices a client that goes while there is nothing to send to it, whatever it has sent before.
/// One that has only ended its side still gets the answer that it asked for, but no stream.
bool Session::has_left() {
  const int ended_its_side = streaming_ ? POLLRDHUP : 0;
  pollfd end{socket_.native_handle(), static_cast<short>(ended_its_side), 0};
  return socket_.is_open() && ::poll(&end, 1, 0) > 0;
}

std::string Session::head_of(const Response& response, std::optional<std::size_t> length, bool keep,
                             bool chunked) const {
  std::string text;
  text.reserve(512);
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_of(response.status)).append("\r\nDate: ").append(shard_.date());
  const auto add = [&](std::string_view name, std::string_view value) {
    if (breaks_lines(name) || breaks_lines(value)) return;
    text.append("\r\n").append(name).append(": ").append(value);
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (length && response.status != 204 && response.status != 304)
    add("Content-Length", std::to_string(*length));
  if (chunked) add("Transfer-Encoding", "chunked");
  add("Connection", keep ? "keep-alive" : "close");
  for (const Header& header : response.headers) add(header.name, header.value);
  return text.append("\r\n\r\n");
}

asio::awaitable<bool> Session::send(std::string_view text) {
  while (!text.empty()) {
    expire_after(site_->limits.write_time);
    const auto [failed, size] =
        co_await socket_.async_write_some(asio::buffer(text.data(), text.size()), session_tuple);
    if (failed) co_return false;
    text.remove_prefix(size);
  }
  expire_after(no_limit);
  co_return true;
}

asio::awaitable<void> Session::refuse_broken(error_code failed, bool in_line) {
  if (timed_out_) {
    co_await refuse(408, "the request did not come in time");
  } else if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    co_await refuse(in_line ? 414 : 431, "request line and headers of at most " +
                                             std::to_string(site_->limits.header_bytes_max) +
                                             " bytes are allowed");
  } else if (failed == http::error::body_limit) {
    co_await refuse(413, "a body of at most " + std::to_string(site_->limits.body_bytes_max) +
                             " bytes is allowed");
  } else if (failed == http::error::partial_message) {
    co_await refuse(400, "the request ended before it was complete");
  } else if (failed.category() == http::make_error_code(http::error::bad_method).category() &&
             failed != http::error::end_of_stream) {
    co_await refuse(400, "this is not an HTTP request (" + failed.message() + ")");
  }
}

asio::awaitable<void> Session::refuse(unsigned status, std::string why) {
  ++site_->refused;
  Response response = complaint(status, why);
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  if (co_await send(head_of(response, response.body.size(), false, false) + response.body))
    co_await linger();
}

/// To close while something unread lies there would destroy the answer on its way.
asio::awaitable<void> Session::linger() {
  error_code failed;
  socket_.shutdown(asio::socket_base::shutdown_send, failed);
  std::size_t left = linger_bytes_max;
  buffer_.clear();
  expire_after(linger_time);
  while (!failed && left > 0 && !timed_out_) {
    std::size_t size = 0;
    std::tie(failed, size) =
        co_await socket_.async_read_some(buffer_.prepare(read_ahead_bytes), session_tuple);
    left -= std::min(left, size);
  }
}

}  // namespace refold::net
