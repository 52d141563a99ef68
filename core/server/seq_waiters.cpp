#include "core/server/seq_waiters.h"

#include <utility>
#include <vector>

namespace refold::server {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_time{1};
/// All deadlines are looked at less often than the projections are.
constexpr int looks_per_deadline_look = 5;

}  // namespace

SeqWaiters::SeqWaiters(const projection::Projections& projections, std::size_t waiters_max)
    : projections_(projections), waiters_max_(waiters_max), thread_([this] { attend(); }) {}

SeqWaiters::~SeqWaiters() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<void> SeqWaiters::reached(const std::string& projection, log::Seq seq) const {
  REFOLD_TRY(const auto supervisor, projections_.find(projection));
  return supervisor->wait(seq, Clock::now());
}

void SeqWaiters::wait(const std::string& projection, log::Seq seq, Deadline deadline, Done done) {
  Result<void> now = reached(projection, seq);
  if (now.has_value() || now.error().code != Errc::timeout || deadline <= Clock::now()) {
    done(std::move(now));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!ending_ && count_ < waiters_max_) {
      waiting_[projection].emplace(seq, Waiter{deadline, std::move(done)});
      ++count_;
      changed_.notify_one();
      return;
    }
  }
  done(Error{Errc::busy, "too many requests wait for a projection already (" +
                             std::to_string(waiters_max_) + "); try again later"});
}

std::size_t SeqWaiters::waiting() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void SeqWaiters::attend() {
  std::vector<Finished> finished;
  std::unique_lock lock(mutex_);
  for (int looks = 1; !ending_; ++looks) {
    if (count_ == 0) {
      changed_.wait(lock, [&] { return ending_ || count_ > 0; });
    } else {
      changed_.wait_for(lock, look_time, [&] { return ending_; });
    }
    for (auto& [projection, waiters] : waiting_) {
      look(projection, waiters, looks % looks_per_deadline_look == 0, finished);
    }
    std::erase_if(waiting_, [](const auto& one) { return one.second.empty(); });
    count_ -= finished.size();
    lock.unlock();
    for (Finished& one : finished) one.done(std::move(one.how));
    finished.clear();
    lock.lock();
  }
  const auto left = std::exchange(waiting_, {});
  count_ = 0;
  lock.unlock();
  for (const auto& [projection, waiters] : left) {
    for (const auto& [seq, waiter] : waiters) {
      waiter.done(Error{Errc::closed, "the engine is stopping"});
    }
  }
}

void SeqWaiters::look(const std::string& projection, Waiters& waiters, bool at_deadlines,
                      std::vector<Finished>& finished) const {
  const auto take = [&](Waiters::iterator one, const Result<void>& how) {
    finished.push_back({std::move(one->second.done), how});
    return waiters.erase(one);
  };
  while (!waiters.empty()) {
    const auto lowest = waiters.begin();
    const Result<void> now = reached(projection, lowest->first);
    if (now.has_error() && now.error().code == Errc::timeout) break;
    if (now.has_value()) {
      take(lowest, now);
      continue;
    }
    for (auto one = waiters.begin(); one != waiters.end();) one = take(one, now);
  }
  if (!at_deadlines) return;
  const auto now = Clock::now();
  for (auto one = waiters.begin(); one != waiters.end();) {
    one = one->second.deadline > now ? std::next(one) : take(one, reached(projection, one->first));
  }
}

}  // namespace refold::server
