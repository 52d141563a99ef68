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

  /// A reply that is counted when it is sent: under the route that it was last given to.
  class Counted : public Reply {
   public:
    virtual void give_to(std::shared_ptr<Route> route) = 0;
  };

  /// Given to "other": what fits no route, or is refused before one is asked.
  [[nodiscard]] std::shared_ptr<Counted> counted(ReplyPointer reply) const;
  /// `name`: "GET /log/stat".
  [[nodiscard]] std::shared_ptr<Route> route(const std::string& name);
  /// As metrics.
  void append_to(std::string& text) const;

 private:
  mutable std::mutex mutex_;
  const std::shared_ptr<Route> other_ = std::make_shared<Route>();
  std::map<std::string, std::shared_ptr<Route>> routes_{{"other", other_}};
};

}  // namespace refold::server
