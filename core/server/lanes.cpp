#include "core/server/lanes.h"

#include <limits>
#include <utility>

namespace refold::server {

// What waits is bounded here: a lane has at most running_max tasks at the workers.
Lanes::Lanes(const Limits& limits)
    : limits_(limits), workers_(limits.threads, std::numeric_limits<std::size_t>::max()) {}

Lanes::~Lanes() {
  // What waits in a lane becomes a task when the one before it ends.
  std::unique_lock lock(mutex_);
  while (!lanes_.empty()) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    lock.lock();
  }
}

bool Lanes::run(const std::string& lane, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    Lane& one = lanes_[lane];
    if (one.running >= limits_.running_max) {
      if (one.waiting.size() >= limits_.waiting_max) return false;
      one.waiting.push_back(std::move(work));
      return true;
    }
    ++one.running;
  }
  return workers_.run([this, lane, work = std::move(work)] { go_on(lane, work); });
}

/// Does one task, and hands on the lane's next: other lanes have their turn in between.
void Lanes::go_on(const std::string& lane, const std::function<void()>& work) {
  work();
  std::function<void()> next;
  {
    const std::lock_guard lock(mutex_);
    const auto place = lanes_.find(lane);
    Lane& one = place->second;
    if (one.waiting.empty()) {
      if (--one.running == 0) lanes_.erase(place);
      return;
    }
    next = std::move(one.waiting.front());
    one.waiting.pop_front();
  }
  (void)workers_.run([this, lane, next = std::move(next)] { go_on(lane, next); });
}

}  // namespace refold::server
