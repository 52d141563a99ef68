#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "core/base/result.h"
#include "core/net/http.h"
#include "core/net/runtime.h"
#include "core/net/workers.h"

namespace refold::net {

class Exchange;

/// A response that is written piece by piece. Movable; one thread at a time, any thread but those
/// of the runtime. Ends the response when it goes.
class ResponseStream {
 public:
  explicit ResponseStream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~ResponseStream() { end(); }
  ResponseStream(ResponseStream&&) = default;
  ResponseStream& operator=(ResponseStream&& other) noexcept;

  /// Hands `text` to the connection. Blocks while ServerLimits::stream_bytes_max wait to be sent.
  /// False once the client has gone, or does not read any more, or the server stops.
  bool write(std::string text);
  /// Whether write() would return false. Does not block.
  [[nodiscard]] bool gone() const;
  /// Waits that long at most, less if the client goes. Returns gone(): for a stream with nothing to
  /// say at the moment.
  bool wait_gone(std::chrono::milliseconds at_most) const;
  /// Ends the response as complete. Idempotent.
  void end();

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// The right to answer one request, once. Copies are the same right; any thread. If the last copy
/// goes and nothing was answered, the server answers 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  /// Answers. Does nothing if it was answered already, or the client has gone.
  void send(Response response) const;
  /// Answers with a stream; `head.body` is its first piece. A client that closes its sending side
  /// has gone.
  [[nodiscard]] ResponseStream stream(Response head) const;
  /// Whether nobody waits for the answer any more, as far as is known: a client that closes its
  /// connection in good order is noticed only when the answer is sent.
  [[nodiscard]] bool gone() const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// Called on a thread of the runtime: must not block and must not throw; answers there or later.
using Handler = std::function<void(Request request, Responder responder)>;

/// A Handler that has `answer` run by `workers`, which outlive the server; 503 when these are full.
[[nodiscard]] Handler on_workers(Workers& workers,
                                 std::function<void(Request request, Responder responder)> answer);

struct ServerLimits {
  std::size_t connections_max = 16'384;   ///< the longest idle one makes room; if none is idle, 503
  std::size_t requests_max = 1'024;       ///< being answered at one time; above: 503
  std::size_t target_bytes_max = 8'192;   ///< 414
  std::size_t header_bytes_max = 16'384;  ///< request line and headers: 431
  std::size_t body_bytes_max = std::size_t{1} << 20;  ///< 413
  /// Of all bodies at one time, as they are announced: above, 503.
  std::size_t bodies_bytes_max = std::size_t{128} << 20;
  /// Of all answers above 16 KiB that are being sent: above, 503, unless it is the only one. From
  /// half of it on, a client that takes nothing of its own for `stalled_time` is cut off.
  std::size_t answers_bytes_max = std::size_t{128} << 20;
  std::chrono::milliseconds stalled_time{5'000};
  std::size_t stream_bytes_max = std::size_t{256} << 10;  ///< of a stream, unsent
  std::chrono::milliseconds header_time{10'000};  ///< from the first byte to the last header: 408
  std::chrono::milliseconds body_time{30'000};    ///< 408
  std::chrono::milliseconds idle_time{75'000};    ///< between requests
  std::chrono::milliseconds write_time{30'000};   ///< without progress of what we send
};

struct TcpEndpoint {
  std::string address = "127.0.0.1";  ///< numeric
  std::uint16_t port = 0;             ///< 0: the system chooses
};
/// A socket file of mode 0600.
struct LocalEndpoint {
  std::filesystem::path path;
};
using ServerEndpoint = std::variant<TcpEndpoint, LocalEndpoint>;

/// What a server has done so far.
struct ServerStatus {
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< connections and requests refused for a limit, or broken ones
};

/// An HTTP/1.1 server on one endpoint: keep-alive, pipelining, bounded in everything.
///
/// All methods may be called by any thread but those of the runtime.
class HttpServer {
 public:
  /// Listens and serves. Errors: `busy` if another process listens there; `invalid` for an address
  /// or a path that cannot be one (a file that is no socket is left alone); `io`. A socket file
  /// that nobody listens on any more is replaced.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(Runtime& runtime,
                                                                 const ServerEndpoint& endpoint,
                                                                 Handler handler,
                                                                 const ServerLimits& limits = {});
  /// stop() without grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port it listens on; 0 for a local one.
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] ServerStatus status() const noexcept;

  /// Accepts nothing more, ends streams, lets requests under way be answered for `grace`, then
  /// closes what is left. Afterwards no handler is running or will run. Idempotent.
  void stop(std::chrono::milliseconds grace);

  class Impl;

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace refold::net
