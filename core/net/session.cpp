#include "core/net/session.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "core/net/response_text.h"
#include "core/net/shard.h"

namespace refold::net {
namespace {

namespace http = beast::http;

constexpr auto session_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_ahead_bytes = 2'048;
constexpr std::size_t body_piece_bytes = 65'536;
constexpr std::size_t buffer_kept_bytes = 16'384;

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

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
  (void)claim_answer(0);
  if (exchange_) exchange_->leave();
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  while (!site_->draining && !aborted_ && co_await wait_for_request()) {
    const bool again = co_await one_request();
    (void)claim_body(0);
    (void)claim_answer(0);
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
  const bool crowded =
      answer_claimed_ > 0 && site_->answer_bytes > site_->limits.answers_bytes_max / 2;
  if (now < (crowded ? std::min(deadline_, stalled_at_) : deadline_)) return;
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

bool Session::claim_answer(std::uint64_t bytes) {
  site_->answer_bytes -= std::exchange(answer_claimed_, 0);
  const std::uint64_t others = site_->answer_bytes.fetch_add(bytes);
  if (others > 0 && others + bytes > site_->limits.answers_bytes_max) {
    site_->answer_bytes -= bytes;
    return false;
  }
  answer_claimed_ = bytes;
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
    sent = co_await send_answer(std::move(*work.head), keep, is_head);
  }
  exchange->leave();
  exchange_ = nullptr;
  --site_->requests_now;
  co_return sent&& keep && !site_->draining;
}

/// Notices a client that goes while there is nothing to send to it, whatever it has sent before.
/// One that has only ended its side still gets the answer that it asked for, but no stream.
bool Session::has_left() {
  const int ended_its_side = streaming_ ? POLLRDHUP : 0;
  pollfd end{socket_.native_handle(), static_cast<short>(ended_its_side), 0};
  return socket_.is_open() && ::poll(&end, 1, 0) > 0;
}

}  // namespace refold::net
