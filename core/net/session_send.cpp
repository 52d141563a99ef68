#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdio>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/net/response_text.h"
#include "core/net/session.h"
#include "core/net/shard.h"

namespace refold::net {
namespace {

namespace http = beast::http;

constexpr auto sending_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t one_write_bytes = 32'768;
constexpr std::size_t small_answer_bytes = 16'384;
constexpr std::size_t linger_read_bytes = 2'048;
constexpr std::size_t linger_bytes_max = std::size_t{256} << 10;
constexpr std::chrono::milliseconds linger_time{1'000};

}  // namespace

asio::awaitable<bool> Session::send_answer(Response answer, bool keep, bool is_head) {
  const bool large = answer.body.size() > small_answer_bytes && !is_head;
  if (large && !claim_answer(answer.body.size())) {
    ++site_->refused;
    Response instead = complaint(503, "answers that others have not read yet take all the room");
    std::move(answer.headers.begin(), answer.headers.end(), std::back_inserter(instead.headers));
    answer = std::move(instead);
  }
  const Framing framing{answer.body.size(), keep && !site_->draining, false};
  std::string text = head_text(answer, framing, shard_.date());
  if (is_head) co_return co_await send(text);
  if (text.size() + answer.body.size() <= one_write_bytes) {
    text += answer.body;
    co_return co_await send(text);
  }
  co_return co_await send(text) && co_await send(answer.body);
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
  std::string first = framed(std::move(head.body));
  first.insert(0, head_text(head, {std::nullopt, keep, chunked}, shard_.date()));
  bool sent = co_await send(first);
  while (sent && !exchange.gone()) {
    Exchange::Work work = exchange.take();
    if (!work.any()) {
      wake_.expires_at(Clock::time_point::max());
      (void)co_await wake_.async_wait(sending_tuple);
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

asio::awaitable<bool> Session::send(std::string_view text) {
  while (!text.empty()) {
    expire_after(site_->limits.write_time);
    stalled_at_ = Clock::now() + site_->limits.stalled_time;
    const auto [failed, size] =
        co_await socket_.async_write_some(asio::buffer(text.data(), text.size()), sending_tuple);
    if (failed) co_return false;
    text.remove_prefix(size);
  }
  expire_after(no_limit);
  stalled_at_ = Clock::time_point::max();
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
  const Response response = complaint(status, why);
  const std::string text =
      head_text(response, {response.body.size()}, shard_.date()) + response.body;
  if (co_await send(text)) co_await linger();
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
        co_await socket_.async_read_some(buffer_.prepare(linger_read_bytes), sending_tuple);
    left -= std::min(left, size);
  }
}

}  // namespace refold::net
