#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/net/http.h"
#include "core/net/peer.h"
#include "core/net/runtime.h"
#include "core/net/url.h"

namespace refold::net {

struct HttpClientOptions {
  PeerOptions peer{};
  /// Talk to the server on this socket, whatever the URL's host is. Not redirected.
  std::filesystem::path local_socket{};
  unsigned redirects_max = 5;
  std::size_t header_bytes_max = 65'536;
  std::chrono::milliseconds answer_time{60'000};  ///< from the request to the answer's headers
  std::chrono::milliseconds idle_time{30'000};    ///< without a byte of the body; 0: no limit
  std::size_t idle_connections_max = 32;          ///< kept open for later
  std::string user_agent = "refold";
};

struct Ask {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers{};
  std::string body{};
  std::size_t body_bytes_max = std::size_t{16} << 20;  ///< of the answer
  std::chrono::milliseconds total_time{300'000};       ///< for everything; 0: no limit
};

struct Answer {
  unsigned status = 0;
  std::vector<Header> headers;
  std::string body;
  Url url;  ///< after the redirects
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return find_header(headers, name);
  }
};

/// Takes a piece of a body, on the thread that asks. An Error ends the download, and is its result.
using Sink = std::function<Result<void>(ByteView piece)>;

/// An HTTP/1.1 client that keeps connections for the next request. Any number of threads.
///
/// Every hop of a redirect is checked as the first address was; only GET and HEAD are redirected,
/// `Authorization` goes to the first origin only, and https does not become http.
class HttpClient {
 public:
  HttpClient(Runtime& runtime, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Asks, and waits for the whole answer, whatever its status. Errors: `invalid` (the URL, an
  /// address that is not allowed, an answer that is not HTTP), `too_large`, `timeout`, `io`,
  /// `closed` (`stop` was requested, or the runtime stops).
  [[nodiscard]] Result<Answer> send(const Ask& ask, const std::stop_token& stop = {});
  /// The same, but the body of an answer with a status of 2xx goes to `sink` as it comes; that of
  /// any other is in the Answer, its first 64 KiB.
  [[nodiscard]] Result<Answer> download(const Ask& ask, const Sink& sink,
                                        const std::stop_token& stop = {});

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace refold::net
