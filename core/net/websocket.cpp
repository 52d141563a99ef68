#include "core/net/websocket.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <charconv>
#include <mutex>

#include "core/base/characters.h"
#include "core/net/dial.h"
#include "core/net/pipe.h"
#include "core/net/stream.h"

namespace refold::net {
namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr auto ws_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds farewell_time{2};
constexpr std::size_t refused_body_bytes_max = std::size_t{64} << 10;
constexpr std::size_t message_buffer_kept_bytes = std::size_t{1} << 20;

void describe(const websocket::response_type& response, Refused& refused) {
  refused.status = response.result_int();
  refused.body = response.body().substr(0, refused_body_bytes_max);
  const auto after = response[http::field::retry_after];
  long seconds = 0;
  const auto [end, failed] = std::from_chars(after.data(), after.data() + after.size(), seconds);
  if (failed == std::errc{} && end != after.data() && seconds >= 0)
    refused.retry_after = std::chrono::seconds(seconds);
}

}  // namespace

class WebSocket::Impl : public std::enable_shared_from_this<WebSocket::Impl> {
 public:
  Impl(Runtime& runtime, Url url, WebSocketOptions options)
      : context_(runtime.loops().next()),
        url_(std::move(url)),
        options_(std::move(options)),
        ws_(context_),
        timer_(context_),
        pipe_(std::make_shared<Pipe<Message>>(context_, options_.ahead_bytes_max)),
        on_stop_(runtime.loops().stopping(), [pipe = pipe_] { pipe->finish(stopped()); }) {}

  static Error stopped() { return {Errc::closed, "the engine stops"}; }

  void start() {
    asio::co_spawn(context_, run(shared_from_this()), asio::detached);
    asio::co_spawn(context_, watch(shared_from_this()), asio::detached);
  }
  Result<Message> take(const std::stop_token& stop, Pipe<Message>::Deadline deadline) {
    const std::stop_callback interrupt(stop, [&] { pipe_->interrupt(); });
    return pipe_->take(deadline);
  }
  void close() {
    pipe_->finish({Errc::closed, "the connection was closed from here"});
    asio::post(context_, [self = shared_from_this()] { self->say_farewell(); });
  }
  [[nodiscard]] bool readable() const { return pipe_->readable(); }
  [[nodiscard]] bool finished() const { return pipe_->finished(); }
  [[nodiscard]] std::optional<CloseReason> reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
  }
  [[nodiscard]] Refused refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  asio::awaitable<void> run(std::shared_ptr<Impl> self);
  asio::awaitable<void> watch(std::shared_ptr<Impl> self);
  asio::awaitable<Result<void>> open();
  asio::awaitable<Error> receive();
  void say_farewell();
  Error end_of(const error_code& failed);

  asio::io_context& context_;
  const Url url_;
  const WebSocketOptions options_;
  // Of the loop's thread.
  websocket::stream<Stream, false> ws_;
  asio::steady_timer timer_;
  std::uint64_t heard_ = 0;  // bytes and control frames
  bool open_ = false;
  bool reading_ = false;
  bool closing_ = false;
  bool ended_ = false;
  bool dead_ = false;
  // Of all threads.
  std::shared_ptr<Pipe<Message>> pipe_;
  mutable std::mutex mutex_;
  std::optional<CloseReason> reason_;
  Refused refused_;
  std::stop_callback<std::function<void()>> on_stop_;
};

asio::awaitable<Result<void>> WebSocket::Impl::open() {
  Stream& stream = ws_.next_layer();
  Dialer dialer(options_.peer);
  Result<void> connected = co_await dialer.connect(stream, url_);
  if (connected.has_error()) co_return connected;
  ws_.read_message_max(options_.message_bytes_max);
  ws_.control_callback([this](websocket::frame_type, beast::string_view) { ++heard_; });
  ws_.set_option(websocket::stream_base::decorator(
      [](websocket::request_type& request) { request.set(http::field::user_agent, "refold"); }));
  stream.expires_after(options_.handshake_time);
  websocket::response_type response;
  const auto [failed] =
      co_await ws_.async_handshake(response, url_.authority(), url_.target, ws_tuple);
  stream.expires_after(std::chrono::milliseconds(0));
  if (!failed) co_return ok();
  if (failed != websocket::error::upgrade_declined)
    co_return net_error("no WebSocket with " + url_.authority(), failed);
  const std::lock_guard lock(mutex_);
  describe(response, refused_);
  co_return Error{Errc::unsupported,
                  url_.authority() + " answered " + std::to_string(refused_.status) +
                      " instead of a WebSocket: " + escaped(refused_.body.substr(0, 200))};
}

Error WebSocket::Impl::end_of(const error_code& failed) {
  if (dead_)
    return {Errc::timeout, url_.authority() + " answers no ping any more: the connection is dead"};
  if (failed != websocket::error::closed)
    return net_error("the connection with " + url_.authority(), failed);
  const std::lock_guard lock(mutex_);
  const auto& said = ws_.reason();
  reason_ = CloseReason{said.code, std::string(said.reason.data(), said.reason.size())};
  return {Errc::closed, url_.authority() + " closed the connection (" + std::to_string(said.code) +
                            (reason_->text.empty() ? "" : " " + escaped(reason_->text)) + ")"};
}

asio::awaitable<Error> WebSocket::Impl::receive() {
  beast::flat_buffer buffer;
  for (;;) {
    reading_ = true;
    do {
      const auto [failed, size] = co_await ws_.async_read_some(buffer, 65'536, ws_tuple);
      if (failed) co_return end_of(failed);
      heard_ += size;
    } while (!ws_.is_message_done());
    reading_ = false;
    Message message{ws_.got_binary(), {}};
    message.data.assign(static_cast<const char*>(buffer.data().data()), buffer.size());
    buffer.clear();
    if (buffer.capacity() > message_buffer_kept_bytes) buffer.shrink_to_fit();
    const std::size_t held = message.data.size() + sizeof message;
    if (!co_await pipe_->push(std::move(message), held))
      co_return Error{Errc::closed, "the connection was closed from here"};
  }
}

// Parameters of coroutines live as long as these do: what they are members of, too.
asio::awaitable<void> WebSocket::Impl::run(std::shared_ptr<Impl> self) {
  const Result<void> opened = co_await open();
  if (opened.has_error()) {
    pipe_->finish(opened.error());
  } else {
    open_ = true;
    // Says that the connection is open. Nobody to hear it: it was closed meanwhile.
    Error why{Errc::closed, ""};
    Message nothing;  // GCC 12 gets a temporary within co_await wrong
    if (co_await pipe_->push(std::move(nothing), 0)) why = co_await receive();
    pipe_->finish(std::move(why));
    open_ = false;
    // A peer that closed gets its answer from Beast; one that broke the rules is dropped.
    if (!closing_) ws_.next_layer().close();
  }
  ended_ = true;
  timer_.cancel();
  self.reset();
}

asio::awaitable<void> WebSocket::Impl::watch(std::shared_ptr<Impl> self) {
  std::uint64_t seen = 0;
  bool pinged = false;
  while (!ended_) {
    const bool leaving = closing_;
    timer_.expires_after(leaving ? farewell_time : options_.ping_time);
    const auto [cancelled] = co_await timer_.async_wait(ws_tuple);
    if (cancelled || ended_) continue;
    if (leaving) break;
    if (!open_) continue;
    // Who does not read, for there is no room, can hear no answer.
    if (heard_ != seen || !reading_) {
      seen = heard_;
      pinged = false;
    } else if (pinged) {
      dead_ = true;
      break;
    } else {
      pinged = true;
      // Not awaited: a peer that reads nothing would hold it up.
      ws_.async_ping({}, [self](const error_code&) {});
    }
  }
  ws_.next_layer().close();
  self.reset();
}

void WebSocket::Impl::say_farewell() {
  if (std::exchange(closing_, true) || ended_) return;
  if (open_) {
    ws_.async_close(websocket::close_code::normal, [self = shared_from_this()](const error_code&) {
      self->ws_.next_layer().close();
    });
  } else {
    ws_.next_layer().close();
  }
  timer_.cancel();
}

Result<WebSocket> WebSocket::connect(Runtime& runtime, const Url& url,
                                     const WebSocketOptions& options, const std::stop_token& stop,
                                     Refused* refused) {
  if (url.scheme != "ws" && url.scheme != "wss")
    return invalid(url.text() +
                   " is not the address of a WebSocket: it must start with wss:// or ws://");
  WebSocket socket(std::make_shared<Impl>(runtime, url, options));
  socket.impl_->start();
  const auto longest = options.peer.connect_time + options.handshake_time;
  auto opened = socket.impl_->take(stop, std::chrono::steady_clock::now() + 2 * longest);
  if (refused != nullptr) *refused = socket.impl_->refused();
  if (opened) return socket;
  if (opened.error().code == Errc::timeout)
    return within("cannot connect to " + url.authority(), std::move(opened).error());
  return std::move(opened).error();
}

WebSocket::WebSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::~WebSocket() { close(); }
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Result<Message> WebSocket::read(const std::stop_token& stop) {
  return impl_->take(stop, Pipe<Message>::Deadline::max());
}
Result<Message> WebSocket::read_until(const std::stop_token& stop,
                                      std::chrono::steady_clock::time_point deadline) {
  return impl_->take(stop, deadline);
}
bool WebSocket::readable() const { return impl_->readable(); }
bool WebSocket::ended() const { return impl_->finished(); }
std::optional<CloseReason> WebSocket::reason() const { return impl_->reason(); }
void WebSocket::close() noexcept {
  if (impl_) impl_->close();
}

}  // namespace refold::net
