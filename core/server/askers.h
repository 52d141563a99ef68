#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/projection/queries.h"
#include "core/server/route.h"

namespace refold::server {

/// Requests that wait for what a projection answers on its own thread: none of them has one. Each
/// is answered once: by the projection, or at its deadline. Any thread.
class Askers {
 public:
  /// At most `waiting_max` of one projection: more are refused (`busy`).
  explicit Askers(std::size_t waiting_max);
  /// close()
  ~Askers();
  Askers(const Askers&) = delete;
  Askers& operator=(const Askers&) = delete;

  /// Asks, and sees to it that `reply` gets an answer; in the form of XRPC's if it is a refusal.
  void ask(Question question, std::chrono::steady_clock::time_point deadline, ReplyPointer reply,
           bool xrpc);
  /// Tells those who still wait that the engine stops, and all that come. Idempotent.
  void close();

 private:
  class One;
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::list<std::shared_ptr<One>> all;
    std::map<std::string, std::size_t> of;  ///< how many wait for each projection
    bool closed = false;
  };

  static void attend(Waiting& waiting);

  const std::size_t waiting_max_;
  std::shared_ptr<Waiting> waiting_;  ///< kept by those who are told later than this lives
  std::thread thread_;                ///< looks at deadlines
};

}  // namespace refold::server
