#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/net/dial.h"
#include "core/net/http_client.h"
#include "core/net/loops.h"
#include "core/net/pipe.h"
#include "core/net/stream.h"

namespace refold::net {

/// One request of a client, from the first connection to the last byte of the answer.
struct HttpCall {
  HttpCall(asio::io_context& context, Ask asked, bool all)
      : ask(std::move(asked)),
        all_to_pipe(all),
        deadline(ask.total_time.count() > 0 ? std::chrono::steady_clock::now() + ask.total_time
                                            : std::chrono::steady_clock::time_point::max()),
        pipe(std::make_shared<Pipe<std::string>>(context, std::size_t{1} << 20)) {}

  const Ask ask;
  const bool all_to_pipe;  ///< bodies of every status
  const std::chrono::steady_clock::time_point deadline;
  const std::shared_ptr<Pipe<std::string>> pipe;  ///< the body; its end is the end of the call
  std::atomic<bool> done = false;                 ///< all went well: the answer is the caller's now
  // Of the loop's thread.
  std::unique_ptr<Stream> stream;
  Answer answer;

  /// At most `time` from now, and not beyond the deadline of the whole.
  void expires_after(std::chrono::milliseconds time);
};

/// The inside of a client: all its connections live on one loop.
class HttpClient::Impl : public std::enable_shared_from_this<HttpClient::Impl> {
 public:
  Impl(Runtime& runtime, HttpClientOptions options);

  /// Blocks. The body goes to `sink`: that of any status, or of 2xx only.
  Result<Answer> perform(const Ask& ask, const Sink& sink, bool all, const std::stop_token& stop);
  /// Closes the connections that wait for a next request.
  void close();

 private:
  struct IdleStream {
    std::string origin;
    std::unique_ptr<Stream> stream;
    std::chrono::steady_clock::time_point since;
  };

  asio::awaitable<void> run(std::shared_ptr<Impl> self, std::shared_ptr<HttpCall> call);
  asio::awaitable<Result<void>> follow(HttpCall& call);
  /// One request and its answer. True: the answer was a redirect, and call.answer.url is the next.
  asio::awaitable<Result<bool>> once(HttpCall& call, const Url& first);
  asio::awaitable<Result<void>> connect(HttpCall& call);
  Result<bool> redirected(HttpCall& call, unsigned hops);
  bool reuse(HttpCall& call);
  void keep(HttpCall& call);

  asio::io_context& context_;
  const HttpClientOptions options_;
  const std::stop_token stopping_;
  // Of the loop's thread.
  Dialer dialer_;
  std::deque<IdleStream> idle_;
};

}  // namespace refold::net
