#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/net/exchange.h"
#include "core/net/http_server.h"

namespace refold::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using ServerSocket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// What all sessions of a server share. Outlives them.
struct ServerSite {
  ServerLimits limits;
  Handler handler;
  std::stop_token stopping;           ///< of the runtime
  std::atomic<bool> draining{false};  ///< answers what it has been asked, and nothing more
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> requests_now{0};
  std::atomic<std::uint64_t> body_bytes{0};    ///< that bodies have, or may come to have
  std::atomic<std::uint64_t> answer_bytes{0};  ///< of large answers
  std::atomic<std::uint64_t> refused{0};
};

class Shard;

/// One connection, from its first byte to its last: a coroutine on the thread of its shard, which
/// is the only one to call anything here.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  Session(Shard& shard, std::shared_ptr<ServerSite> site, ServerSocket socket, std::string peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs to the end of the connection; keeps this alive. Must have been placed in the shard.
  asio::awaitable<void> run(std::shared_ptr<Session> self);

  /// Ends what it waits for if its time is over.
  void sweep(Clock::time_point now);
  /// No further request: ends at once if idle or streaming, else after the answer.
  void drain();
  /// Ends at once.
  void abort();

  /// Where the shard keeps it.
  std::list<Session*>::iterator place;
  bool idle = false;

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;
  static constexpr std::chrono::milliseconds no_limit{0};

  asio::awaitable<bool> wait_for_request();
  asio::awaitable<bool> one_request();
  asio::awaitable<bool> read_body(Parser& parser);
  /// Whether there is room for a body of this size; until the next call.
  bool claim_body(std::uint64_t bytes);
  /// Whether there is room for an answer of this size; until the next call.
  bool claim_answer(std::uint64_t bytes);
  asio::awaitable<bool> answer_request(Parser& parser, Target target);
  void expire_after(std::chrono::milliseconds time);
  [[nodiscard]] bool has_left();
  void leave_exchange();

  // session_send.cpp
  asio::awaitable<bool> send_answer(Response answer, bool keep, bool is_head);
  asio::awaitable<bool> send_stream(Exchange& exchange, Response head, bool keep, bool chunked);
  asio::awaitable<void> refuse(unsigned status, std::string why);
  asio::awaitable<void> refuse_broken(error_code failed, bool in_line);
  asio::awaitable<void> linger();
  asio::awaitable<bool> send(std::string_view text);

  Shard& shard_;
  const std::shared_ptr<ServerSite> site_;
  ServerSocket socket_;
  const std::string peer_;
  asio::steady_timer wake_;
  beast::flat_buffer buffer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point stalled_at_ = Clock::time_point::max();  ///< if nothing is taken until then
  std::uint64_t claimed_ = 0;                                ///< of body_bytes
  std::uint64_t answer_claimed_ = 0;
  bool timed_out_ = false;
  bool aborted_ = false;
  bool streaming_ = false;
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace refold::net
