#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/server/reply.h"

namespace refold::server {

/// How often each route was asked, what it answered, and how long that took. Any thread.
class RequestCounts {
 public:
  /// Upper bounds of the classes that times are counted in, in microseconds.
  static constexpr std::array<std::uint64_t, 9> bounds_us = {
      500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 1'000'000, 10'000'000};

  struct Route {
    std::array<std::atomic<std::uint64_t>, 6> by_class{};  ///< 2: of 2xx
    std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> by_time{};
    std::atomic<std::uint64_t> sum_us{0};
  };

  /// A reply that is counted when it is sent. `route`: "GET /log/stat".
  [[nodiscard]] ReplyPointer counted(const std::string& route, ReplyPointer reply);
  /// As metrics.
  void append_to(std::string& text) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Route>> routes_;
};

}  // namespace refold::server
