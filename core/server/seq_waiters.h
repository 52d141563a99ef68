#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/projection/projections.h"

namespace refold::server {

/// Requests that wait until a projection has applied an event: any number of them on one thread,
/// which looks every millisecond, as long as there are some. Any thread.
class SeqWaiters {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  /// Told ok(), or why it is not there: `timeout`; `unsupported` if it stands still; `not_found`.
  /// Must not block.
  using Done = std::function<void(Result<void>)>;

  SeqWaiters(const projection::Projections& projections, std::size_t waiters_max);
  /// Tells those who still wait `closed`.
  ~SeqWaiters();
  SeqWaiters(const SeqWaiters&) = delete;
  SeqWaiters& operator=(const SeqWaiters&) = delete;

  /// Tells `done` at once if it is there already, or can never be; else later, from its own thread.
  void wait(const std::string& projection, log::Seq seq, Deadline deadline, Done done);
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Waiter {
    Deadline deadline;
    Done done;
  };
  using Waiters = std::multimap<log::Seq, Waiter>;
  struct Finished {
    Done done;
    Result<void> how;
  };

  void attend();
  /// Takes out those of one projection that are done.
  void look(const std::string& projection, Waiters& waiters, bool at_deadlines,
            std::vector<Finished>& finished) const;
  [[nodiscard]] Result<void> reached(const std::string& projection, log::Seq seq) const;

  const projection::Projections& projections_;
  const std::size_t waiters_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Waiters> waiting_;  ///< by projection
  std::size_t count_ = 0;
  bool ending_ = false;
  std::thread thread_;  ///< the last
};

}  // namespace refold::server
