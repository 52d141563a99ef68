#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/net/workers.h"

namespace refold::server {

/// Shares a few threads among many kinds of work, so that none takes them all: what has to do with
/// a slow projection waits behind each other, and not before the rest. Any thread.
class Lanes {
 public:
  struct Limits {
    std::size_t threads = 8;
    std::size_t running_max = 2;      ///< of one lane at a time
    std::size_t waiting_max = 1'024;  ///< of one lane
  };

  explicit Lanes(const Limits& limits);
  /// Does what was accepted.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// False if too much of this lane waits: `work` will not run. It must not throw.
  [[nodiscard]] bool run(const std::string& lane, std::function<void()> work);

 private:
  struct Lane {
    std::size_t running = 0;
    std::deque<std::function<void()>> waiting;
  };

  void go_on(const std::string& lane, const std::function<void()>& work);

  const Limits limits_;
  std::mutex mutex_;
  std::map<std::string, Lane> lanes_;  ///< those with something to do
  net::Workers workers_;               ///< the last: its threads use what is above
};

}  // namespace refold::server
