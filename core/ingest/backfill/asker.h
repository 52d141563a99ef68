#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/ingest/backfill/fault.h"
#include "core/ingest/backfill/spool.h"
#include "core/net/backoff.h"
#include "core/net/http_client.h"

namespace refold::ingest {

struct AskerOptions {
  net::PeerOptions peer{};
  net::BackoffOptions backoff{};
  unsigned tries_max = 4;                  ///< of a host that cannot be reached or has trouble
  unsigned limited_tries_max = 20;         ///< of a host that says "not so fast"
  std::chrono::seconds pause_max{900};     ///< whatever the host says
  std::chrono::seconds total_time{1'800};  ///< for one answer
  std::chrono::seconds slow_time{300};     ///< what failed after so long is not tried again
  std::chrono::seconds patience{5};        ///< of a Question
};

/// What is kept between the tries of somebody who has other things to do than to wait for a host
/// that wants to be left alone.
struct Question {
  unsigned limited = 0;  ///< how often the host has said "not so fast" to it
  std::chrono::steady_clock::time_point not_before{};
};

/// Asks hosts by GET: again after a while, if that may help, and not before the host wants to be
/// asked. A host that is to be left alone is left alone by all threads. Any number of threads.
class Asker {
 public:
  Asker(net::Runtime& runtime, const AskerOptions& options, std::stop_token stop);

  /// The body of the answer into `into`. Errors: what the status and the XRPC error in the body
  /// say; Fault::stopped; Fault::failed if `into` fails. With a `question`, which may be null: a
  /// host that is to be left alone for long is not waited for, but Fault::later and not_before say
  /// when to ask again.
  [[nodiscard]] Fetched<void> get(const net::Url& url, std::size_t bytes_max, Spool& into,
                                  Question* question = nullptr);
  /// What came over the network, tries that failed included.
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Try;
  Try once(const net::Url& url, std::size_t bytes_max, Spool& into);
  /// False if it was stopped, or the wait would be longer than until `latest`: then that is when.
  bool wait_for_turn(const std::string& origin, Clock::time_point& latest);
  bool sleep_until(Clock::time_point time);
  void leave_alone(const std::string& origin, std::chrono::milliseconds time);

  const AskerOptions options_;
  const std::stop_token stop_;
  net::HttpClient client_;
  std::atomic<std::uint64_t> bytes_{0};
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<std::string, Clock::time_point> left_alone_;  ///< until when, by origin
};

/// How long the headers of an answer ask to wait: Retry-After, else RateLimit-Reset. 0: nothing.
[[nodiscard]] std::chrono::seconds wanted_pause(const std::vector<net::Header>& headers,
                                                std::int64_t now_seconds);

}  // namespace refold::ingest
