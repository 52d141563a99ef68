#include "core/server/askers.h"

#include <atomic>
#include <utility>
#include <vector>

#include "core/server/statuses.h"

namespace refold::server {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds deadline_look_time{20};

Error stopping() { return {Errc::closed, "the engine is stopping"}; }

}  // namespace

class Askers::One final : public projection::Asker, public std::enable_shared_from_this<One> {
 public:
  One(std::shared_ptr<Waiting> waiting, Question& question, Clock::time_point until,
      ReplyPointer reply, bool xrpc)
      : deadline(until),
        waiting_(std::move(waiting)),
        projection_(std::move(question.projection)),
        what_(std::move(question.what)),
        answer_(std::move(question.answer)),
        reply_(std::move(reply)),
        xrpc_(xrpc) {}

  Result<void> enter(std::size_t waiting_max) {
    const std::lock_guard lock(waiting_->mutex);
    if (waiting_->closed) return stopping();
    std::size_t& count = waiting_->of[projection_];
    if (count >= waiting_max) {
      return Error{Errc::busy,
                   what_ + ": " + std::to_string(count) + " queries wait already; try again later"};
    }
    ++count;
    place_ = waiting_->all.insert(waiting_->all.end(), shared_from_this());
    if (waiting_->all.size() == 1) waiting_->changed.notify_one();
    return ok();
  }
  bool wanted() override {
    begun_ = true;
    if (reply_->gone()) (void)take();
    return !taken_;
  }
  void answer(Result<std::vector<std::string>> texts) override {
    if (!take()) return;
    texts.has_error() ? refuse(texts.error()) : reply_->send(answer_(std::move(*texts)));
  }
  void refuse(const Error& error) { reply_->send(error_response(error, xrpc_)); }
  [[nodiscard]] Error late() const { return projection::late_answer(what_, begun_); }

  /// The right to answer: true once. Leaves the list.
  bool take() {
    const std::lock_guard lock(waiting_->mutex);
    return take_locked();
  }
  bool take_locked() {
    if (taken_.exchange(true)) return false;
    waiting_->all.erase(place_);
    const auto count = waiting_->of.find(projection_);
    if (--count->second == 0) waiting_->of.erase(count);
    return true;
  }

  const Clock::time_point deadline;

 private:
  const std::shared_ptr<Waiting> waiting_;
  const std::string projection_;
  const std::string what_;
  const Question::Answer answer_;
  const ReplyPointer reply_;
  const bool xrpc_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> taken_{false};
  std::list<std::shared_ptr<One>>::iterator place_;
};

Askers::Askers(std::size_t waiting_max)
    : waiting_max_(waiting_max),
      waiting_(std::make_shared<Waiting>()),
      thread_([waiting = waiting_] { attend(*waiting); }) {}

Askers::~Askers() {
  close();
  thread_.join();
}

void Askers::close() {
  std::vector<std::shared_ptr<One>> left;
  {
    const std::lock_guard lock(waiting_->mutex);
    waiting_->closed = true;
    left.assign(waiting_->all.begin(), waiting_->all.end());
    for (const auto& one : left) (void)one->take_locked();
  }
  waiting_->changed.notify_one();
  for (const auto& one : left) one->refuse(stopping());
}

void Askers::ask(Question question, Clock::time_point deadline, ReplyPointer reply, bool xrpc) {
  const auto one = std::make_shared<One>(waiting_, question, deadline, std::move(reply), xrpc);
  if (const auto entered = one->enter(waiting_max_); entered.has_error()) {
    return one->refuse(entered.error());
  }
  auto begun = question.ask(one);
  if (begun.has_error() && one->take()) one->refuse(begun.error());
}

void Askers::attend(Waiting& waiting) {
  std::vector<std::shared_ptr<One>> late;
  std::unique_lock lock(waiting.mutex);
  while (!waiting.closed) {
    if (waiting.all.empty()) {
      waiting.changed.wait(lock);
      continue;
    }
    waiting.changed.wait_for(lock, deadline_look_time);
    const auto now = Clock::now();
    for (auto at = waiting.all.begin(); at != waiting.all.end();) {
      const auto one = *at++;
      if (one->deadline <= now && one->take_locked()) late.push_back(one);
    }
    lock.unlock();
    for (const auto& one : late) one->refuse(one->late());
    late.clear();
    lock.lock();
  }
}

}  // namespace refold::server
