#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
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
  Askers();
  /// close()
  ~Askers();
  Askers(const Askers&) = delete;
  Askers& operator=(const Askers&) = delete;

  /// Asks, and sees to it that `reply` gets an answer; in the form of XRPC's if it is a refusal.
  void ask(Question question, ReplyPointer reply, bool xrpc);
  /// Tells those who still wait that the engine stops, and all that come. Idempotent.
  void close();

 private:
  class One;
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::list<std::shared_ptr<One>> all;
    bool closed = false;
  };

  static void attend(Waiting& waiting);

  std::shared_ptr<Waiting> waiting_;  ///< kept by those who are told later than this lives
  std::thread thread_;                ///< looks at deadlines
};

}  // namespace refold::server
